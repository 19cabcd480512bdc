// SPDX-License-Identifier: MIT
// The time of day in files: ISO 8601, UTC.
#pragma once

#include <string>

namespace calibram {

/// "2026-11-21T22:19:16Z".
std::string utc_now();

/// "2026-11-21".
std::string utc_today();

}  // namespace calibram
