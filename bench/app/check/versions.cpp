// SPDX-License-Identifier: MIT
// Collects versions and compares them by name.
#include "bench/app/check/versions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace calibram {
namespace {

/// Only what both state is compared.
void compare(CheckedReference& reference, const Versions& before, const Versions& now) {
  for (const auto& [name, version] : now)
    if (before.contains(name)) reference.shared.push_back(name);
  reference.changes = changes_between(before, now);
  std::erase_if(reference.changes,
                [](const VersionChange& change) { return change.before.empty() || change.after.empty(); });
}

}  // namespace

CheckedReference reference_to(const Profile& profile, const Versions& now) {
  CheckedReference reference{profile.file, profile.created, {}, {}};
  compare(reference, versions_of(profile), now);
  return reference;
}

CheckedReference reference_to(const std::vector<Measurement>& old_rows, const std::vector<std::string>& files,
                              const Versions& now) {
  CheckedReference reference{fmt::format("{}", fmt::join(files, ", ")), "", {}, {}};
  const auto last = std::max_element(
      old_rows.begin(), old_rows.end(),
      [](const Measurement& a, const Measurement& b) { return a.measured_at < b.measured_at; });
  if (last != old_rows.end()) reference.measured_at = last->measured_at;
  compare(reference, versions_of(old_rows), now);
  return reference;
}

}  // namespace calibram
