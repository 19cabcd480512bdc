// SPDX-License-Identifier: MIT
// Groups, fits, stamps.
#include "bench/app/profiling.hpp"

#include "fit/observations.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <commit.hpp>  // made by the build

#include <ctime>
#include <iostream>

namespace calibram {

ProfileDevice this_host() {
  const HostMachine machine = describe_host();
  return {machine.name, "host", machine.total.count(), machine.kernel};
}

Profile make_profile(const std::vector<Measurement>& rows, ProfileDevice device,
                     std::map<std::string, std::string> versions) {
  const Observations observations = observations_of(rows);
  Profile profile;
  profile.device = std::move(device);
  profile.created = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  profile.commit = CALIBRAM_COMMIT;
  profile.versions = std::move(versions);
  profile.versions["calibram"] = CALIBRAM_VERSION;
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
