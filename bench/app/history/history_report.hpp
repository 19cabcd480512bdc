// SPDX-License-Identifier: MIT
// Histories as tables for people and as JSON.
#pragma once

#include "fit/history.hpp"

#include <string>
#include <vector>

namespace calibram {

/// How often any step of an unchanged history is called one.
inline constexpr double history_family_error = 1e-4;

/// For each device: its sweeps with what changed between them, each coefficient over them, and the steps that
/// chance does not explain.
std::string history_text(const std::vector<History>& histories);

/// The same as one JSON document with a line end.
std::string history_json(const std::vector<History>& histories);

}  // namespace calibram
