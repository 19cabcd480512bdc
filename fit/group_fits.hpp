// SPDX-License-Identifier: MIT
// The fit of every group of observations: what a profile holds.
#pragma once

#include "fit/observations.hpp"
#include "fit/profile.hpp"

#include <string>
#include <vector>

namespace calibram {

struct GroupFits {
  std::vector<ProfileFit> fits;
  std::vector<std::string> refusals;  ///< "calibram rss: why it cannot be fitted"
};

/// Fits each group that can be fitted.
GroupFits fit_groups(const std::vector<ObservationGroup>& groups);

}  // namespace calibram
