// SPDX-License-Identifier: MIT
// Lays out peaks, bounds and errors.
#include "bench/app/watch/watch_report.hpp"

#include "src/core/printable.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace calibram {
namespace {

/// GiB where megabytes would be long; of small programs the difference is in the kilobytes.
std::string size_text(std::int64_t bytes) {
  constexpr std::int64_t gib = 1 << 30;
  return bytes >= gib ? gib_text(Bytes{bytes}) : mib_text(Bytes{bytes});
}

/// "900.00 to 1000.00 MiB"; empty for a single figure.
std::string bounds_text(const Measurement& row) {
  if (!row.value || !row.resolution) return "";
  return fmt::format("{} to {}", size_text(*row.value - *row.resolution),
                     size_text(*row.value + *row.resolution));
}

std::string error_text(const Measurement& row, const Prediction& prediction) {
  if (!row.value || !prediction.total_bytes || *row.value == 0) return "";
  const auto measured = static_cast<double>(*row.value);
  return fmt::format("{:+.2f} %", 100 * (static_cast<double>(*prediction.total_bytes) - measured) / measured);
}

std::string counter_text(const Measurement& row) {
  return row.devices == 1 && row.metric != Metric::device ? row.counter.str()
                                                          : fmt::format("{}, {}", row.device, row.counter);
}

/// Only columns that say something.
std::string table_text(const std::vector<WatchedRow>& rows) {
  const bool has_bounds =
      std::any_of(rows.begin(), rows.end(), [](const auto& r) { return r.row.resolution.has_value(); });
  const bool has_predictions = std::any_of(rows.begin(), rows.end(), [](const auto& r) {
    return r.prediction && r.prediction->total_bytes.has_value();
  });
  std::vector<TableColumn> columns = {{"metric"}, {"peak", Align::right}};
  if (has_bounds) columns.push_back({"between", Align::right});
  if (has_predictions)
    columns.insert(columns.end(), {{"predicted", Align::right}, {"error", Align::right}, {"by"}});
  columns.push_back({"counter"});
  TextTable table{columns};
  for (const auto& [row, prediction] : rows) {
    if (!row.value) continue;
    std::vector<std::string> cells = {std::string{name_of(row.metric)}, size_text(*row.value)};
    if (has_bounds) cells.push_back(bounds_text(row));
    if (has_predictions) {
      const bool is_answered = prediction && prediction->total_bytes;
      cells.push_back(is_answered ? size_text(*prediction->total_bytes) : "");
      cells.push_back(is_answered ? error_text(row, *prediction) : "");
      cells.push_back(is_answered ? prediction->estimator : "");
    }
    cells.push_back(counter_text(row));
    table.add_row(std::move(cells));
  }
  return table.empty() ? "" : table.text();
}

}  // namespace

std::string watch_report(const WatchResult& result, const std::vector<WatchedRow>& rows) {
  std::string text = table_text(rows);
  if (result.end.exec_error == 0 && !result.group)
    text += fmt::format("note: no metric cgroup: {}\n", result.group_absence);
  std::set<std::string> reasons;
  for (const auto& [row, prediction] : rows)
    if (prediction && !prediction->total_bytes && row.metric != Metric::cgroup)
      reasons.insert(fmt::format("note: no prediction of {} by {}: {}\n", name_of(row.metric),
                                 prediction->estimator, prediction->reason));
  for (const std::string& reason : reasons) text += reason;
  return text;
}

}  // namespace calibram
