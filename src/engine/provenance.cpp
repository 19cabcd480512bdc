// SPDX-License-Identifier: MIT
// Gathers versions.
#include "src/engine/provenance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace calibram {

std::string joined_versions(const std::set<std::string>& several) {
  return fmt::format("{}", fmt::join(several, " and "));
}

Versions versions_of(std::span<const Measurement> rows) {
  std::map<std::string, std::set<std::string>> seen;
  const Options* last = nullptr;
  for (const Measurement& row : rows) {
    if (last && *last == row.versions) continue;  // as of nearly all rows of a sweep
    last = &row.versions;
    for (const auto& [name, version] : row.versions) seen[name].insert(version);
  }
  Versions versions;
  for (const auto& [name, several] : seen) versions[name] = joined_versions(several);
  return versions;
}

std::vector<VersionChange> changes_between(const Versions& before, const Versions& after) {
  std::set<std::string> names;
  for (const auto& [name, version] : before) names.insert(name);
  for (const auto& [name, version] : after) names.insert(name);
  const auto version_in = [](const Versions& versions, const std::string& name) {
    const auto found = versions.find(name);
    return found == versions.end() ? std::string{} : found->second;
  };
  std::vector<VersionChange> changes;
  for (const std::string& name : names)
    if (VersionChange change{name, version_in(before, name), version_in(after, name)};
        change.before != change.after)
      changes.push_back(std::move(change));
  return changes;
}

}  // namespace calibram
