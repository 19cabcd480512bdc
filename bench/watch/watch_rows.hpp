// SPDX-License-Identifier: MIT
// From what was watched to rows of a measurements file.
#pragma once

#include "bench/watch/watch.hpp"
#include "src/engine/measurement.hpp"

#include <string>
#include <vector>

namespace calibram {

/// One row for each metric that was measured, `rss` always. @param asked  what the rows have in common: the
/// model and workload, the host as device and machine, versions, time
std::vector<Measurement> watch_rows(const Measurement& asked, const std::string& program,
                                    const WatchResult& result);

/// "cannot run 'nothing'" and its like as a reason; empty when the command was started.
std::string why_not_started(const WatchResult& result);

}  // namespace calibram
