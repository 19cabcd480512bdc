// SPDX-License-Identifier: MIT
// The flags of `calibram estimate` that turn the question round.
#pragma once

#include "bench/app/estimate/estimate_request.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <vector>

namespace calibram {

/// --max-context --max-batch --best-format --min-devices; any of them at once.
class InverseFlags {
 public:
  void add_to(CLI::App& verb);

  /// Nothing where none was given. @param named  the capacities that were named; none: the first card of this
  /// machine is meant
  /// @throws InputError without a capacity, or with several
  std::optional<InverseRequest> request(const std::vector<Capacity>& named) const;

 private:
  InverseAsked asked_;
};

}  // namespace calibram
