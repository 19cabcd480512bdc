// SPDX-License-Identifier: MIT
// The estimators that need no profile, in the order in which tables show them.
#include "fit/seed_rules.hpp"
#include "fit/theory.hpp"

namespace calibram {

Estimators rules_and_theory() {
  Estimators estimators = seed_rules();
  estimators.push_back(theory());
  return estimators;
}

}  // namespace calibram
