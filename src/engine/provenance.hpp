// SPDX-License-Identifier: MIT
// What rows tell of who measured them, and with what.
#pragma once

#include "src/engine/measurement.hpp"

#include <map>
#include <set>
#include <span>
#include <string>

namespace calibram {

/// Name -> version of what took part in measuring.
using Versions = std::map<std::string, std::string>;

/// Several versions of one thing as one text: "580.65 and 580.82".
std::string joined_versions(const std::set<std::string>& several);

/// Everything that the rows name, each with the versions that occur.
Versions versions_of(std::span<const Measurement> rows);

}  // namespace calibram
