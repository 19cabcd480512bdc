// SPDX-License-Identifier: MIT
// What changed between fresh rows and what they are held against.
#pragma once

#include "bench/app/check/report.hpp"
#include "fit/profile.hpp"
#include "src/engine/provenance.hpp"

#include <string>
#include <vector>

namespace calibram {

/// A reference, named, with what changed from it to rows of these versions. Only what both state is compared.
CheckedReference reference_to(const Profile& profile, const Versions& now);
CheckedReference reference_to(const std::vector<Measurement>& old_rows, const std::vector<std::string>& files,
                              const Versions& now);

}  // namespace calibram
