// SPDX-License-Identifier: MIT
// A report as Markdown, short enough for a comment on a pull request.
#pragma once

#include "bench/report/report.hpp"

#include <string>

namespace calibram {

/// Devices, conclusions, fits, errors, lines against context, the worst rows and the history. Lists are cut
/// with a note of how much was left out.
std::string markdown_report(const Report& report);

/// Text that stands for itself in Markdown, on one line and not too long.
std::string markdown_text(std::string_view text);

}  // namespace calibram
