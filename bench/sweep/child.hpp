// SPDX-License-Identifier: MIT
// The measuring child: runs one point and reports every stage on its standard output, one JSON object a line.
#pragma once

#include "src/engine/measurement.hpp"

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace calibram {

/// What the kernel saw at the end of a stage.
struct StageReading {
  std::string stage;  ///< start, warm_up, weights, kv, prefill, decode, freed
  Bytes resident;     ///< at its end
  Bytes peak;         ///< the highest within the stage, or since the start where marks cannot be reset
};

/// What a child found out. Starts as a failure; only the child's last line makes it complete.
struct ChildReport {
  bool complete = false;
  bool out_of_memory = false;
  std::string reason;  ///< of a failure that the child could tell
  std::vector<StageReading> stages;
  Bytes requested, rounded;  ///< the books of the allocator at their peaks
  Bytes swapped;
  Bytes slack;          ///< how far the counter may be off
  std::string counter;  ///< which kernel counter the peaks come from
};

/// Ties this process to the one that started it: no orphan may hold memory when its parent dies, and if the
/// machine runs short, this process goes first. @throws Error when the parent has died already
void be_expendable(pid_t parent);

/// Runs a point on the host's memory and writes the report's lines. Running out of memory is a finding, which
/// it reports. @throws Error for what cannot be measured at all
void run_host_child(const Measurement& row, std::int64_t layers_executed, std::ostream& out);

/// Adds one line of a child's output to its report. @throws Error when it is not one
void read_report_line(const std::string& line, ChildReport& report);

/// The reading of a stage, or null.
const StageReading* find_stage(const ChildReport& report, std::string_view stage);

/// The same. @throws Error when it was not reported
const StageReading& required_stage(const ChildReport& report, std::string_view stage);

/// The highest peak from the weights to the last decode step. @throws Error when no such stage was reported
Bytes highest_peak(const ChildReport& report);

}  // namespace calibram
