// SPDX-License-Identifier: MIT
// The memory that an answer is held against: --capacity, --gpu, or the card of --device.
#pragma once

#include "bench/calculator/capacity.hpp"
#include "bench/sweep/card.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace calibram {

class CapacityFlags {
 public:
  void add_to(CLI::App& verb);

  /// What was named; else the card, if the question is of one of this machine.
  /// @throws InputError for both flags, an invalid size or an unknown card
  std::optional<Capacity> named(const std::optional<Card>& card) const;

 private:
  std::string capacity_, gpu_;
};

}  // namespace calibram
