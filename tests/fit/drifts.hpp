// SPDX-License-Identifier: MIT
// What tests ask of the drift that a check found.
#pragma once

#include "fit/drift.hpp"

#include <string>
#include <vector>

namespace calibram {

/// The names of the terms that moved.
inline std::vector<std::string> moved_terms(const Drift& drift) {
  std::vector<std::string> names;
  for (const CheckedGroup& group : drift.groups)
    for (const CheckedTerm& term : group.terms)
      if (term.has_moved) names.push_back(term.term);
  return names;
}

}  // namespace calibram
