// SPDX-License-Identifier: MIT
// The memory that an answer is held against: --capacity, --gpu, or the card of --device.
#pragma once

#include "bench/calculator/capacity.hpp"
#include "bench/sweep/card.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// All that were named, cards first; else the card, if the question is of one of this machine.
/// @param gpus, capacities  as their flags have them
/// @throws InputError for an invalid size or an unknown card
std::vector<Capacity> named_capacities(const std::vector<std::string>& gpus,
                                       const std::vector<std::string>& capacities,
                                       const std::optional<Card>& card);

/// For a question about one. @throws InputError where several were named
std::optional<Capacity> only_capacity(const std::vector<Capacity>& named);

class CapacityFlags {
 public:
  void add_to(CLI::App& verb);

  /// As named_capacities.
  std::vector<Capacity> named(const std::optional<Card>& card) const;

  /// The same for a question about one. @throws InputError where several were named
  std::optional<Capacity> only(const std::optional<Card>& card) const { return only_capacity(named(card)); }

 private:
  std::vector<std::string> capacities_, gpus_;
};

}  // namespace calibram
