// SPDX-License-Identifier: MIT
// Finds a candidate in few questions, then asks for everything below it.
#include "bench/calculator/inverse/largest.hpp"

#include <algorithm>
#include <optional>

namespace calibram {
namespace {

/// A number that holds and whose successor does not; the limit where galloping meets no other. 0 where 1 does
/// not hold.
std::int64_t last_before_a_failure(const LargestSearch& search) {
  std::int64_t good = 0, bad = 1;
  while (bad <= search.limit && search.holds(bad)) {
    good = bad;
    if (good == search.limit) return good;
    bad = std::min(2 * bad, search.limit);
  }
  while (bad - good > 1) {
    const std::int64_t middle = good + (bad - good) / 2;
    (search.holds(middle) ? good : bad) = middle;
  }
  return good;
}

/// The first of first, first + 1, … end - 1 that does not hold.
std::optional<std::int64_t> first_failure(const LargestSearch& search, std::int64_t first, std::int64_t end) {
  for (std::int64_t number = first; number < end; ++number)
    if (!search.holds(number)) return number;
  return std::nullopt;
}

/// The same of 1 … end - 1, by several threads: what one of them finds too far up is dropped.
std::optional<std::int64_t> first_failure(const LargestSearch& search, std::int64_t end, unsigned threads) {
  constexpr std::int64_t block = 256;  // a millisecond of questions, more than threads cost
  std::optional<std::int64_t> found;
  std::int64_t begun = 1;
  OrderedWork<std::int64_t, std::optional<std::int64_t>> work;
  work.next = [&]() -> std::optional<std::int64_t> {
    if (found || begun >= end) return std::nullopt;
    const std::int64_t first = begun;
    begun = std::min(begun + block, end);
    return first;
  };
  work.make = [&](std::int64_t first) { return first_failure(search, first, std::min(first + block, end)); };
  work.take = [&](std::optional<std::int64_t> failure) {
    if (!found) found = failure;
  };
  work.run(end > 2 * block ? threads : 1);
  return found;
}

}  // namespace

std::int64_t largest_holding(const LargestSearch& search, unsigned threads) {
  const std::int64_t candidate = last_before_a_failure(search);
  if (search.is_monotone) return candidate;
  const std::optional<std::int64_t> failure = first_failure(search, candidate, threads);
  return failure ? *failure - 1 : candidate;
}

}  // namespace calibram
