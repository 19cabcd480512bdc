// SPDX-License-Identifier: MIT
// What is asked the other way round, of the memory that was named or that is here.
#include "bench/app/estimate/inverse_flags.hpp"

#include "bench/sweep/card.hpp"
#include "src/core/error.hpp"

namespace calibram {
namespace {

/// The first card of this machine. @param flag  that needs it
Capacity local_capacity(const std::string& flag) {
  const Cards cards = find_cards(cuda_program(), Nvml{});
  if (cards.cards.empty())
    throw InputError{flag + " needs a capacity", "this machine has no card: " + cards.absence,
                     "name a --gpu, or a --capacity such as 24GiB"};
  const auto& card = cards.cards.front().description;
  return {card.name, card.total, true};
}

}  // namespace

void InverseFlags::add_to(CLI::App& verb) {
  verb.add_flag(
      "--max-context", asked_.max_context,
      "The most tokens of a sequence, so that they and all fewer fit; --generate of them are generated");
  verb.add_flag("--max-batch", asked_.max_batch,
                "The most sequences at once, so that they and all fewer fit");
  verb.add_flag("--best-format", asked_.best_format,
                "The widest formats of weights, then of the KV cache, that fit");
  verb.add_flag("--min-devices", asked_.min_devices, "The fewest devices of that capacity each that hold it");
}

std::optional<InverseRequest> InverseFlags::request(const std::vector<Capacity>& named) const {
  if (asked_.first().empty()) return std::nullopt;
  return InverseRequest{asked_,
                        named.empty() ? local_capacity(asked_.first()) : only_capacity(asked_, named)};
}

}  // namespace calibram
