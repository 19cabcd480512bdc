// SPDX-License-Identifier: MIT
// A report as one HTML file that needs nothing else: style, scripts, charts and data are inside.
#pragma once

#include "bench/report/report.hpp"

#include <string>

namespace calibram {

std::string page(const Report& report);

}  // namespace calibram
