// SPDX-License-Identifier: MIT
// Groups, fits, stamps.
#include "bench/app/fit/profiling.hpp"

#include "fit/group_fits.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/utc.hpp"
#include "src/engine/provenance.hpp"

#include <fmt/format.h>
#include <commit.hpp>  // made by the build

#include <iostream>

namespace calibram {

ProfileDevice this_host() {
  const HostMachine& machine = describe_host();
  return {machine.name, "host", machine.total.count(), machine.kernel};
}

Options own_versions() {
  return {{"calibram", CALIBRAM_VERSION}, {"commit", CALIBRAM_COMMIT}, {"kernel", describe_host().kernel}};
}

Profile make_profile(const std::vector<Measurement>& rows, ProfileDevice device) {
  const Observations observations = observations_of(rows);
  Profile profile;
  profile.device = std::move(device);
  profile.created = utc_now();
  profile.commit = CALIBRAM_COMMIT;
  profile.versions = versions_of(rows);
  profile.versions.emplace("calibram", CALIBRAM_VERSION);
  const auto& [fits, refusals] = fit_groups(observations.groups);
  profile.fits = fits;
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
