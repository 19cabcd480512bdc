// SPDX-License-Identifier: MIT
// Asks the system clock.
#include "src/core/utc.hpp"

#include <fmt/chrono.h>

#include <ctime>

namespace calibram {

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

std::string utc_today() { return utc_now().substr(0, 10); }

}  // namespace calibram
