// SPDX-License-Identifier: MIT
// Theory corrected by a profile, with an interval: the estimator that has measured.
#pragma once

#include "fit/estimator.hpp"
#include "fit/profile.hpp"

namespace calibram {

/// `calibrated`: answers the runtimes and metrics that the profile has a fit for, and says `extrapolates`
/// outside the sweep behind it. Whether the profile is of this device is for the caller to check.
std::unique_ptr<Estimator> calibrated(std::shared_ptr<const Profile> profile);

}  // namespace calibram
