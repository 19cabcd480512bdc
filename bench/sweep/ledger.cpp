// SPDX-License-Identifier: MIT
// Turns a child's report into rows.
#include "bench/sweep/ledger.hpp"

#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <cstring>

namespace calibram {
namespace {

/// Memory that a child must give back after its last tensor is freed; more is a leak in the pass.
constexpr Bytes leak_tolerance{1 << 20};

/// Bytes of a child's last words that a row keeps.
constexpr std::size_t longest_reason = 500;

/// @throws Error when the stage was not reported
Bytes resident_after(const ChildReport& report, std::string_view stage) {
  return required_stage(report, stage).resident;
}

/// Why a complete report is not a measurement after all; empty if it is one.
std::string rejection(const ChildReport& report) {
  if (report.swapped > Bytes{})
    return fmt::format("{} were swapped out, which resident memory does not count", mib_text(report.swapped));
  for (const StageReading& stage : report.stages)
    if (stage.peak + report.slack < stage.resident)
      return fmt::format(
          "after {} the high-water mark is {} below what smaps_rollup counts, more than its slack",
          stage.stage, mib_text(stage.resident - stage.peak));
  const Bytes kept = resident_after(report, "freed") - resident_after(report, "warm_up");
  if (kept > std::max(leak_tolerance, report.slack))
    return fmt::format("{} were not given back after the last tensor", mib_text(kept));
  return {};
}

Measurement with_ledger(const Point& point, const ChildReport& report) {
  Measurement row = point.row;
  const Bytes fixed = resident_after(report, "warm_up");
  const Bytes driver = highest_peak(report) - fixed;
  row.predicted = point.prediction.requested.count();
  row.requested = report.requested.count();
  row.rounded = report.rounded.count();
  row.driver = driver.count();
  row.unaccounted = (driver - report.rounded).count();
  row.fixed = fixed.count();
  row.slack = report.slack.count();
  return row;
}

}  // namespace

Measurement unmeasured_row(const Point& point, std::string outcome, std::string reason,
                           const Provenance& provenance) {
  Measurement row = point.row;
  row.source = provenance.source;
  row.predicted = point.prediction.requested.count();
  row.outcome = std::move(outcome);
  row.reason = std::move(reason);
  return row;
}

std::vector<Measurement> ledger_rows(const Point& point, const ChildReport& report, const ProcessEnd& end,
                                     std::int64_t wall_milliseconds, const Provenance& provenance) {
  if (report.out_of_memory) return {unmeasured_row(point, "out_of_memory", report.reason, provenance)};
  if (end.signal != 0)
    return {unmeasured_row(
        point, "killed", fmt::format("by signal {} ({})", end.signal, ::strsignal(end.signal)), provenance)};
  if (end.exit_status != 0 || !report.complete)
    return {unmeasured_row(point, "failed",
                           end.last_error.empty()
                               ? fmt::format("exit status {}, no whole report", end.exit_status)
                               : printable(end.last_error, longest_reason),
                           provenance)};
  Measurement row = with_ledger(point, report);
  row.source = provenance.source;
  row.layers_executed = point.layers_executed;
  row.wall_milliseconds = wall_milliseconds;
  row.reason = rejection(report);
  if (!row.reason.empty()) row.outcome = "rejected";
  Measurement resident = row, allocated = row;
  resident.metric = Metric::rss;
  resident.value = highest_peak(report).count();
  resident.counter = report.counter;
  allocated.metric = Metric::allocated;
  allocated.value = report.requested.count();
  allocated.counter = "books of the allocator";
  // The resident row comes last: resuming looks for it, so a point cut off between its rows is measured
  // again.
  return {allocated, resident};
}

}  // namespace calibram
