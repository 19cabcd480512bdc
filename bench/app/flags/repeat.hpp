// SPDX-License-Identifier: MIT
// The flags with which a changed question is asked again.
#pragma once

#include "src/engine/measurement.hpp"

#include <string>
#include <vector>

namespace calibram {

/// The row of the question `changed`, which was made of `asked`, the question of `row`.
Measurement row_of(const Question& changed, const Measurement& row, const Question& asked);

/// The flags of `changed` that `row` has not, and with MODEL all that are not the default.
std::vector<std::string> flags_beside(const Measurement& row, const Measurement& changed);
std::vector<std::string> model_and_flags(const Measurement& row);

/// Words as a shell reads them, quoted where need be.
std::string shell_text(const std::vector<std::string>& words);

}  // namespace calibram
