// SPDX-License-Identifier: MIT
// Fits group after group.
#include "fit/group_fits.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

namespace calibram {

GroupFits fit_groups(const std::vector<ObservationGroup>& groups) {
  GroupFits result;
  for (const ObservationGroup& group : groups) {
    ProfileFit entry{group.runtime, group.metric, group.counter, {}, group.placement};
    try {
      entry.fit = calibrate(group.observations, group.noise);
      result.fits.push_back(std::move(entry));
    } catch (const InputError& problem) {
      result.refusals.push_back(fmt::format("{}: {}", entry.name(), problem.what()));
    }
  }
  return result;
}

}  // namespace calibram
