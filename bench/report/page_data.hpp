// SPDX-License-Identifier: MIT
// All that the page shows, as one JSON document: rows by column, texts that repeat by number.
#pragma once

#include "bench/report/report.hpp"

#include <string>

namespace calibram {

/// Safe inside a <script> element: no character of it can end the element or a line of JavaScript.
std::string page_data(const Report& report);

}  // namespace calibram
