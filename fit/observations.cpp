// SPDX-License-Identifier: MIT
// Counts every measured row.
#include "fit/observations.hpp"

#include "fit/theory.hpp"
#include "src/core/error.hpp"

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

/// A card's figure has the context in it or not, as the counter says: no constant explains both.
void require_same_counter(const Measurement& row, const ObservationGroup& group) {
  if (row.metric == Metric::device && row.counter != group.counter)
    throw InputError{fmt::format("counter \"{}\" does not count what \"{}\" of the rows before does",
                                 row.counter, group.counter),
                     "", ""};
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

/// The observation of one row. @throws InputError when it cannot be one
Observation observe(const Measurement& row, ModelLibrary& models) {
  const Question question = question_of(row, models);
  if (!question.model) throw InputError{"a bare size cannot be fitted", "it has no architecture", ""};
  if (question.devices > 1 && is_total(question.metric))
    throw InputError{"rows of several devices are not fitted", "they add peaks of different times", ""};
  const auto theory = theory_terms(question);
  if (const auto* unanswered = std::get_if<Unanswered>(&theory)) throw InputError{unanswered->reason, "", ""};
  const auto& counted = std::get<TheoryTerms>(theory);
  if (counted.fills_the_card && row.metric == Metric::device)
    throw InputError{"the card was full on the way, and the allocator gave back what it held",
                     "what the driver saw afterwards is not the peak", ""};
  if (*row.value == 0) throw InputError{"a measured value of 0 is none", "", ""};
  Observation observation;
  observation.model = row.model;
  const double devices = question.devices;
  observation.measured_bytes = static_cast<double>(*row.value) / devices;
  observation.resolution_bytes = static_cast<double>(row.resolution.value_or(0)) / devices;
  observation.terms = mean_terms(counted.devices, question.devices);
  observation.context_tokens = row.workload.context_tokens();
  observation.batch = row.workload.batch;
  return observation;
}

}  // namespace

Observations observations_of(const std::vector<Measurement>& rows, ModelLibrary& models) {
  Observations result;
  for (const Measurement& row : rows) {
    if (const std::string reason = exclusion(row); !reason.empty()) {
      ++result.reasons[reason];
      continue;
    }
    try {
      Observation observation = observe(row, models);
      observation.row = static_cast<std::size_t>(&row - rows.data());
      ObservationGroup& group = group_of(row, result.groups);
      require_same_counter(row, group);
      group.noise.page_bytes = std::max(group.noise.page_bytes, page_bytes(row));
      group.observations.push_back(std::move(observation));
    } catch (const InputError& problem) {
      ++result.reasons[problem.what()];
    }
  }
  return result;
}

Observations observations_of(const std::vector<Measurement>& rows) {
  ModelLibrary models;
  return observations_of(rows, models);
}

}  // namespace calibram
