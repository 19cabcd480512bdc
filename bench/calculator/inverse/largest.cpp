// SPDX-License-Identifier: MIT
// Finds a candidate in few questions, then asks for everything below it that is not proved.
#include "bench/calculator/inverse/largest.hpp"

#include <algorithm>
#include <optional>

namespace calibram {
namespace {

/// A number that holds and whose successor does not; the limit where galloping meets no other. 0 where 1 does
/// not hold.
std::int64_t last_before_a_failure(const Holds& holds, std::int64_t limit) {
  std::int64_t good = 0, bad = 1;
  while (bad <= limit && holds(bad)) {
    good = bad;
    if (good == limit) return good;
    bad = std::min(2 * bad, limit);
  }
  while (bad - good > 1) {
    const std::int64_t middle = good + (bad - good) / 2;
    (holds(middle) ? good : bad) = middle;
  }
  return good;
}

/// A number up to which all are proved to hold, found by halving; 0 for none.
std::int64_t proved_below(const LargestSearch& search, std::int64_t end) {
  if (!search.is_proved_up_to) return 0;
  std::int64_t proved = 0;
  while (end - proved > 1) {
    const std::int64_t middle = proved + (end - proved) / 2;
    (search.is_proved_up_to(middle) ? proved : end) = middle;
  }
  return proved;
}

/// The first of first, first + 1, … end - 1 that does not hold.
std::optional<std::int64_t> first_failure(const Holds& holds, std::int64_t first, std::int64_t end) {
  for (std::int64_t number = first; number < end; ++number)
    if (!holds(number)) return number;
  return std::nullopt;
}

/// The same by several threads: what one of them finds too far up is dropped.
std::optional<std::int64_t> first_failure(const LargestSearch& search, std::int64_t first, std::int64_t end,
                                          unsigned threads) {
  constexpr std::int64_t block = 512;  // a millisecond of questions, more than threads and makers cost
  std::optional<std::int64_t> found;
  std::int64_t begun = first;
  OrderedWork<std::int64_t, std::optional<std::int64_t>> work;
  work.next = [&]() -> std::optional<std::int64_t> {
    if (found || begun >= end) return std::nullopt;
    const std::int64_t next = begun;
    begun = std::min(begun + block, end);
    return next;
  };
  work.make = [&](std::int64_t from) {
    return first_failure(search.make_holds(), from, std::min(from + block, end));
  };
  work.take = [&](std::optional<std::int64_t> failure) {
    if (!found) found = failure;
  };
  work.run(end - first > 2 * block ? threads : 1);
  return found;
}

}  // namespace

std::int64_t largest_holding(const LargestSearch& search, unsigned threads) {
  const std::int64_t candidate = last_before_a_failure(search.make_holds(), search.limit);
  const std::int64_t end = std::min(candidate, search.monotone_from);
  const std::int64_t proved = proved_below(search, end);
  const std::optional<std::int64_t> failure = first_failure(search, proved + 1, end, threads);
  return failure ? *failure - 1 : candidate;
}

}  // namespace calibram
