// SPDX-License-Identifier: MIT
// What rows tell of who measured them, and with what.
#pragma once

#include "src/engine/measurement.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace calibram {

/// Name -> version of what took part in measuring.
using Versions = std::map<std::string, std::string>;

/// What was measured with another version than before: a driver, an engine, a commit.
struct VersionChange {
  std::string name;           ///< "kernel", "driver", "commit", ...
  std::string before, after;  ///< empty where that side does not say
};

/// Names that differ, in their order.
std::vector<VersionChange> changes_between(const Versions& before, const Versions& after);

/// Several versions of one thing as one text: "580.65 and 580.82".
std::string joined_versions(const std::set<std::string>& several);

/// Everything that the rows name, each with the versions that occur.
Versions versions_of(std::span<const Measurement> rows);

}  // namespace calibram
