// SPDX-License-Identifier: MIT
// Machines of one kind beside each other, in words.
#pragma once

#include "fit/fleet.hpp"

#include <string>
#include <vector>

namespace calibram {

/// For each runtime and metric a table of machines, how far each is from the median of all, which are
/// outliers, and the spread of the others. Nothing where no two machines measured the same.
std::string fleet_text(const std::vector<Fleet>& fleets);

}  // namespace calibram
