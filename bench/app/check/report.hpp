// SPDX-License-Identifier: MIT
// What a check says: for people, for programs, for a pull request, and for CI systems.
#pragma once

#include "fit/baseline.hpp"
#include "fit/drift.hpp"
#include "fit/history.hpp"
#include "src/engine/measurement.hpp"

#include <map>
#include <string>
#include <vector>

namespace calibram {

/// A profile or a baseline, as a report names it.
struct CheckedReference {
  std::string file;
  std::string measured_at;             ///< of a profile: when it was fitted; empty where nothing says it
  std::vector<VersionChange> changes;  ///< from it to the fresh rows
  std::vector<std::string> shared;     ///< names of the versions that both state
};

/// A check that was done, with all that its reports name.
struct CheckResult {
  Drift drift;
  DriftLimits limits;
  std::vector<Measurement> rows;      ///< fresh
  std::vector<Measurement> old_rows;  ///< of the baseline
  std::map<Reference, CheckedReference> references;
  std::map<std::string, std::string> versions;  ///< of the fresh rows
  std::vector<std::string> notes;               ///< what was left out, or differs, a sentence each
};

/// What moved, the rows outside their intervals, and at the end the verdict.
std::string check_text(const CheckResult& result);

/// One JSON document with a line end. Of the rows it lists those that are outside.
std::string check_json(const CheckResult& result);

/// A comment for a pull request: the verdict, what moved, and all the rest folded. Never longer than GitHub
/// takes.
std::string check_markdown(const CheckResult& result);

/// JUnit XML, as Jenkins, GitLab and GitHub's actions read it: a suite for each metric of a runtime against
/// each reference, with a case for its rows and one for each of its terms.
std::string check_junit(const CheckResult& result);

}  // namespace calibram
