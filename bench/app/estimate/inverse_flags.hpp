// SPDX-License-Identifier: MIT
// The flags of `calibram estimate` that turn the question round.
#pragma once

#include "bench/app/estimate/inverse_report.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <vector>

namespace calibram {

/// --max-context --max-batch --best-format --min-devices; any of them at once.
class InverseFlags {
 public:
  void add_to(CLI::App& verb);

  /// Nothing where none was given. @param named  the capacities that were named; none: the first card of this
  /// machine is taken
  /// @throws InputError without a capacity, or with several
  std::optional<InverseReport> answers(const Calculator& calculator, const Question& question,
                                       const std::vector<Capacity>& named) const;

 private:
  std::string first_given() const;

  bool context_ = false;
  bool batch_ = false;
  bool format_ = false;
  bool devices_ = false;
};

}  // namespace calibram
