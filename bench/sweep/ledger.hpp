// SPDX-License-Identifier: MIT
// The four books of a measured point: predicted, requested, rounded, seen by the kernel or driver; and what
// is left over.
#pragma once

#include "bench/sweep/plan.hpp"
#include "bench/sweep/process.hpp"
#include "bench/sweep/report.hpp"

#include <vector>

namespace calibram {

/// Who measured, and with what, for the columns of these names.
struct Provenance {
  std::string device;
  std::string source;
  std::string machine{};
  Options versions{};
};

/// The rows of a point: one per metric when it was measured, one with an outcome when not. The last is of the
/// point's own metric.
std::vector<Measurement> ledger_rows(const Point& point, const ChildReport& report, const ProcessEnd& end,
                                     std::int64_t wall_milliseconds, const Provenance& provenance);

/// The row of a point that was not measured. @param outcome  "skipped", "rejected" or "failed"
Measurement unmeasured_row(const Point& point, std::string outcome, std::string reason,
                           const Provenance& provenance);

}  // namespace calibram
