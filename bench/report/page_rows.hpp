// SPDX-License-Identifier: MIT
// The rows of a report by column, as the page reads them.
#pragma once

#include "bench/report/report.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace calibram {

/// A column is an array with a value for each row; where values repeat, {"values": [...], "codes": [...]},
/// and {"all": value} where there is only one. Relative residuals are computed by residual_of().
/// @param groups  the number of each group
nlohmann::ordered_json page_rows(const Report& report, const std::map<RowGroup, std::size_t>& groups);

}  // namespace calibram
