// SPDX-License-Identifier: MIT
// With what fresh rows, a profile and a baseline were measured, and what changed between them.
#pragma once

#include "bench/app/check/report.hpp"
#include "fit/profile.hpp"

#include <map>
#include <string>
#include <vector>

namespace calibram {

using Versions = std::map<std::string, std::string>;

/// The versions that rows state; several of one name are joined by "and".
Versions versions_in(const std::vector<Measurement>& rows);

/// A reference, named, with what changed from it to rows of these versions. Only what both state is compared.
CheckedReference reference_to(const Profile& profile, const Versions& now);
CheckedReference reference_to(const std::vector<Measurement>& old_rows, const std::vector<std::string>& files,
                              const Versions& now);

}  // namespace calibram
