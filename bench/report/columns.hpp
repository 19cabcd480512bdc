// SPDX-License-Identifier: MIT
// The one table of a report's columns: header, rows and data dictionary of the CSV come from it.
#pragma once

#include "bench/report/report.hpp"
#include "src/core/text_table.hpp"

#include <functional>
#include <string>
#include <vector>

namespace calibram {

struct ReportColumn {
  std::string name, unit, meaning;
  std::function<std::string(const EvaluatedRow&)> write;  ///< empty where the row has none
};

/// The columns beside these estimators, in file order.
std::vector<ReportColumn> report_columns(const std::vector<std::string>& estimators);

/// Their data dictionary; columns of estimators stand once, with NAME for theirs.
TextTable report_dictionary();

/// Every row as CSV, with header.
std::string csv_report(const Report& report);

}  // namespace calibram
