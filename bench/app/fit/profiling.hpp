// SPDX-License-Identifier: MIT
// From measured rows to a profile: what the verbs fit and calibrate share.
#pragma once

#include "fit/profile.hpp"
#include "src/engine/measurement.hpp"

#include <vector>

namespace calibram {

/// Fits every runtime and metric of the rows. Rows left out and groups too small are named on standard error.
/// @throws InputError when nothing can be fitted
Profile make_profile(const std::vector<Measurement>& rows, ProfileDevice device);

/// This machine's memory as a device.
ProfileDevice this_host();

/// The versions of this program and of the kernel that it runs on.
Options own_versions();

}  // namespace calibram
