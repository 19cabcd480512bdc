// SPDX-License-Identifier: MIT
// Counts every measured row.
#include "fit/observations.hpp"

#include "fit/counted_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

/// A counter that moves in steps of `step` is off by up to one step either way: a uniform error.
double uniform_deviation(double step) { return step / std::sqrt(3.0); }

/// The page noise of a metric. `rss` brings its own figure along: the slack of the kernel's counter.
double page_bytes(const Measurement& row) {
  constexpr double host_page = 4096, device_page = 2 << 20, torch_unit = 512;
  switch (row.metric) {
    case Metric::rss:
    case Metric::cgroup:
      return uniform_deviation(std::max(host_page, static_cast<double>(row.slack.value_or(0))));
    case Metric::device:
      return uniform_deviation(device_page);
    default:
      return torch_unit;
  }
}

/// What liveness counting leaves out of a foreign engine's pass (reused blocks of its allocator, above all)
/// grows with the pass; of our own it counts everything. 0.16 %: relative sigma of a weighted fit of such
/// terms to 33 published rows of Qwen 1.5, 2 and 2.5 on transformers. A starting value: the scatter is
/// measured again.
double relative_noise(const std::string& runtime) { return runtime == "calibram" ? 0 : 0.0016; }

ObservationGroup& group_of(const Measurement& row, std::vector<ObservationGroup>& groups) {
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const ObservationGroup& group) {
    return group.runtime == row.runtime && group.metric == row.metric &&
           group.placement == Placement{row.devices, row.split};
  });
  if (found != groups.end()) return *found;
  groups.push_back(
      {row.runtime, row.metric, {}, {0, relative_noise(row.runtime)}, row.counter, {row.devices, row.split}});
  return groups.back();
}

/// Why a measured row is not one of its fit; empty if it is.
std::string exclusion(const Measurement& row) {
  if (!row.outcome.empty()) return fmt::format("outcome {}", row.outcome);
  if (is_composed(row.metric))
    return fmt::format("metric {} is put together from others, not fitted", name_of(row.metric));
  // Another constant than that of the other rows: an upper bound, measured once.
  const auto loading = row.options.find("module_loading");
  if (loading != row.options.end() && loading->second == "eager")
    return "module_loading=eager loads kernels that no run uses";
  return {};
}

Observation observation_of(const Measurement& row, const TermBytes& terms) {
  const double devices = row.devices;
  Observation observation;
  observation.model = row.model;
  observation.measured_bytes = static_cast<double>(*row.value) / devices;
  observation.resolution_bytes = static_cast<double>(row.resolution.value_or(0)) / devices;
  observation.terms = terms;
  observation.context_tokens = row.workload.context_tokens();
  observation.batch = row.workload.batch;
  return observation;
}

/// Adds a row to its group. @return why it cannot be; empty if it was
std::string add(const Measurement& row, const Counted& counted, std::size_t index,
                std::vector<ObservationGroup>& groups) {
  if (!counted.reason.empty()) return counted.reason;
  if (*row.value == 0) return "a measured value of 0 is none";
  ObservationGroup& group = group_of(row, groups);
  // A card's figure has the context in it or not, as the counter says: no constant explains both.
  if (row.metric == Metric::device && row.counter != group.counter)
    return fmt::format("counter \"{}\" does not count what \"{}\" of the rows before does", row.counter,
                       group.counter);
  group.noise.page_bytes = std::max(group.noise.page_bytes, page_bytes(row));
  group.observations.push_back(observation_of(row, counted.terms));
  group.observations.back().row = index;
  return {};
}

}  // namespace

Observations observations_of(const std::vector<Measurement>& rows, ModelLibrary& models) {
  CountedRows counted{rows};
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (exclusion(rows[i]).empty()) counted.add(i);
  counted.count(models);
  Observations result;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string reason = exclusion(rows[i]);
    if (reason.empty()) reason = add(rows[i], counted.of(i), i, result.groups);
    if (!reason.empty()) ++result.reasons[reason];
  }
  return result;
}

Observations observations_of(const std::vector<Measurement>& rows) {
  ModelLibrary models;
  return observations_of(rows, models);
}

}  // namespace calibram
