// SPDX-License-Identifier: MIT
// Groups, fits, stamps.
#include "bench/app/profiling.hpp"

#include "fit/observations.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/utc.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <commit.hpp>  // made by the build

#include <iostream>
#include <set>

namespace calibram {

ProfileDevice this_host() {
  const HostMachine machine = describe_host();
  return {machine.name, "host", machine.total.count(), machine.kernel};
}

Options own_versions() {
  return {{"calibram", CALIBRAM_VERSION}, {"commit", CALIBRAM_COMMIT}, {"kernel", describe_host().kernel}};
}

std::map<std::string, std::string> versions_of(const std::vector<Measurement>& rows) {
  std::map<std::string, std::set<std::string>> seen;
  for (const Measurement& row : rows)
    for (const auto& [name, version] : row.versions) seen[name].insert(version);
  std::map<std::string, std::string> versions;
  for (const auto& [name, several] : seen) versions[name] = fmt::format("{}", fmt::join(several, " and "));
  return versions;
}

Profile make_profile(const std::vector<Measurement>& rows, ProfileDevice device) {
  const Observations observations = observations_of(rows);
  Profile profile;
  profile.device = std::move(device);
  profile.created = utc_now();
  profile.commit = CALIBRAM_COMMIT;
  profile.versions = versions_of(rows);
  profile.versions.emplace("calibram", CALIBRAM_VERSION);
  std::vector<std::string> refusals;
  for (const ObservationGroup& group : observations.groups) {
    try {
      profile.fits.push_back({group.runtime, group.metric, group.counter,
                              calibrate(group.observations, group.noise), group.placement});
    } catch (const InputError& problem) {
      refusals.push_back(fmt::format("{} {}: {}", group.runtime, name_of(group.metric), problem.what()));
    }
  }
  if (profile.fits.empty() && refusals.empty())
    throw InputError{"nothing can be fitted",
                     observations.reasons.empty() ? "there are no rows"
                                                  : "left out: " + observations.reasons.begin()->first,
                     "measure more, or name other files"};
  if (profile.fits.empty()) throw InputError{"nothing can be fitted: " + refusals.front(), "", ""};
  for (const auto& [reason, count] : observations.reasons)
    std::cerr << fmt::format("left out {} rows: {}\n", count, reason);
  for (const std::string& refusal : refusals) std::cerr << "not fitted: " << refusal << "\n";
  return profile;
}

}  // namespace calibram
