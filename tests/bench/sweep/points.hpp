// SPDX-License-Identifier: MIT
// Tiny points, and the reports that a stand-in for a measuring child gives of them.
#pragma once

#include "bench/sweep/ledger.hpp"

namespace calibram {

/// A point of a small shape at a short context.
inline Point tiny_point(std::int64_t context = 64, std::int64_t batch = 1) {
  Measurement row;
  row.model = "probe-gqa";
  row.weights = row.kv = "fp16";
  row.workload = {batch, context - 4, 4, context};
  row.metric = Metric::rss;
  return plan_point(row);
}

/// What a child reports whose tensors took what theory says, above a program of 10 MiB.
inline ChildReport whole_report(const Point& point) {
  const Bytes program{10 << 20};
  const Bytes peak = program + point.prediction.total;
  ChildReport report;
  report.stages = {{"start", program, program}, {"warm_up", program, program}, {"weights", peak, peak},
                   {"kv", peak, peak},          {"prefill", peak, peak},       {"decode", peak, peak},
                   {"freed", program, program}};
  report.requested = point.prediction.requested;
  report.rounded = point.prediction.total;
  report.slack = Bytes{4096};
  report.counter = "stand-in";
  report.complete = true;
  return report;
}

inline const Provenance test_provenance = {"test machine", "test"};

}  // namespace calibram
