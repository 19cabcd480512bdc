// SPDX-License-Identifier: MIT
// What a sweep measures: shapes x formats x context lengths x batch sizes, chosen so that terms move apart.
#pragma once

#include "src/engine/count.hpp"
#include "src/engine/measurement.hpp"

#include <string_view>
#include <vector>

namespace calibram {

/// One configuration to be measured, in a process of its own.
struct Point {
  Measurement row;                   ///< the configuration; its metric is the memory that is measured
  std::int64_t layers_executed = 0;  ///< by each step; all layers are allocated
  Count prediction;                  ///< theory, rounded to the pages of the memory
  double work = 0;                   ///< floating-point operations, to foresee the time
};

enum class PlanSize { quick, standard };

/// The plan for host memory. @throws InputError never for the built-in shapes
std::vector<Point> host_plan(PlanSize size);

/// Counts a configuration and foresees its work. @throws InputError when it cannot be run
Point plan_point(Measurement row);

}  // namespace calibram
