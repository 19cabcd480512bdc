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
  Bytes predicted;                   ///< theory's peak of the bytes asked for
  /// To foresee the time, in a unit that a plan's points share: on the host floating-point operations, on a
  /// card seconds.
  double work = 0;
};

enum class PlanSize { quick, standard, full };

/// The plan for host memory; it has no full size, which is then the standard one. @throws InputError never
/// for the built-in shapes
std::vector<Point> host_plan(PlanSize size);

/// The plan for a card. Standard: about 80 configurations in 120 s. Full: every shape x format x context x
/// batch, three times, in a random order that is always the same.
std::vector<Point> cuda_plan(PlanSize size);

/// Counts a configuration and foresees its work. @throws InputError when it cannot be run
Point plan_point(Measurement row, ModelLibrary& models);
Point plan_point(Measurement row);

}  // namespace calibram
