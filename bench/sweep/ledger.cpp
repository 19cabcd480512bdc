// SPDX-License-Identifier: MIT
// Turns a child's report into rows.
#include "bench/sweep/ledger.hpp"

#include "bench/sweep/card_ledger.hpp"
#include "src/core/printable.hpp"
#include "src/core/utc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace calibram {
namespace {

/// Memory that a child must give back after its last tensor is freed; more is a leak in the pass.
constexpr Bytes leak_tolerance{1 << 20};

/// @throws Error when the stage was not reported
Bytes resident_after(const ChildReport& report, std::string_view stage) {
  return required_stage(report, stage).used;
}

/// Why a complete report is not a measurement after all; empty if it is one.
std::string rejection(const ChildReport& report) {
  const auto& [swapped, slack] = report.host;
  if (swapped > Bytes{})
    return fmt::format("{} were swapped out, which resident memory does not count", mib_text(swapped));
  for (const StageReading& stage : report.stages)
    if (stage.peak + slack < stage.used)
      return fmt::format(
          "after {} the high-water mark is {} below what smaps_rollup counts, more than its slack",
          stage.stage, mib_text(stage.used - stage.peak));
  const Bytes kept = resident_after(report, "freed") - resident_after(report, "warm_up");
  if (kept > std::max(leak_tolerance, slack))
    return fmt::format("{} were not given back after the last tensor", mib_text(kept));
  return {};
}

void enter_host_ledger(const ChildReport& report, Measurement& row) {
  const Bytes fixed = resident_after(report, "warm_up");
  const Bytes driver = highest_peak(report) - fixed;
  row.value = highest_peak(report).count();
  row.counter = report.counter;
  row.requested = report.requested.count();
  row.rounded = report.rounded.count();
  row.driver = driver.count();
  row.unaccounted = (driver - report.rounded).count();
  row.fixed = fixed.count();
  row.slack = report.host.slack.count();
  row.reason = rejection(report);
  if (!row.reason.empty()) row.outcome = "rejected";
}

std::string signal_text(const ProcessEnd& end) {
  if (end.timed_out) return "because it had not ended long after its time";
  return fmt::format("by signal {} ({})", end.signal, ::strsignal(end.signal));
}

struct Verdict {
  std::string outcome, reason;
};

/// Why there is no measurement; absent when there is one.
std::optional<Verdict> missing(const ChildReport& report, const ProcessEnd& end) {
  if (!report.nvml.disturbance.empty()) return Verdict{"rejected", report.nvml.disturbance};
  if (report.out_of_memory) return Verdict{"out_of_memory", report.reason};
  if (end.signal != 0) return Verdict{"killed", signal_text(end)};
  if (end.exit_status == 0 && report.complete) return std::nullopt;
  return Verdict{"failed", end.last_error.empty()
                               ? fmt::format("exit status {}, no whole report", end.exit_status)
                               : printable(end.last_error, longest_reason)};
}

}  // namespace

Measurement unmeasured_row(const Point& point, std::string outcome, std::string reason,
                           const Provenance& provenance) {
  Measurement row = point.row;
  row.source = provenance.source;
  row.measured_at = utc_now();
  row.machine = provenance.machine;
  row.versions = provenance.versions;
  row.predicted = point.predicted.count();
  row.outcome = std::move(outcome);
  row.reason = std::move(reason);
  return row;
}

std::vector<Measurement> ledger_rows(const Point& point, const ChildReport& report, const ProcessEnd& end,
                                     std::int64_t wall_milliseconds, const Provenance& provenance) {
  if (const std::optional<Verdict> why = missing(report, end))
    return {unmeasured_row(point, why->outcome, why->reason, provenance)};
  Measurement row = unmeasured_row(point, "", "", provenance);
  row.layers_executed = point.layers_executed;
  row.wall_milliseconds = wall_milliseconds;
  if (row.metric == Metric::device)
    enter_card_ledger(report, row);
  else
    enter_host_ledger(report, row);
  Measurement allocated = row;
  allocated.metric = Metric::allocated;
  allocated.value = report.requested.count();
  allocated.counter = "books of the allocator";
  // The point's own row comes last: resuming looks for it, so a point cut off between its rows is measured
  // again.
  return {allocated, row};
}

}  // namespace calibram
