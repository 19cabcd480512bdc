// SPDX-License-Identifier: MIT
// The files of the page, which the build puts into the program.
#pragma once

#include <string_view>
#include <vector>

namespace calibram::web {

std::string_view page_template();
std::string_view style();
std::vector<std::string_view> scripts();  ///< ours, in the order in which they need each other
std::string_view chart_library();
std::string_view chart_licence();

}  // namespace calibram::web
