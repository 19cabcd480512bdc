// SPDX-License-Identifier: MIT
// calibram check: fresh measurements against a profile; what left its interval, which term moved.
#include "bench/app/check_report.hpp"
#include "bench/app/verbs.hpp"
#include "fit/drift.hpp"
#include "src/core/error.hpp"
#include "src/core/number.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace calibram {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  std::string profile;
  std::string tolerance = "2%";
  bool json = false;
};

/// "2%" or "0.02".
double parse_tolerance(std::string_view text) {
  const bool is_percent = text.ends_with('%');
  const std::string_view number = is_percent ? text.substr(0, text.size() - 1) : text;
  return require_number("--tolerance", number, 0, is_percent ? 100 : 1) / (is_percent ? 100 : 1);
}

void warn_of_other_device(const Profile& profile, const std::vector<Measurement>& rows) {
  for (const Measurement& row : rows) {
    if (row.device.empty() || row.device == profile.device.name) continue;
    std::cerr << fmt::format("warning: {}:{} was measured on '{}', the profile on '{}'\n", row.file, row.line,
                             row.device, profile.device.name);
    return;
  }
}

/// An engine's new version is what a check is for; but the reader shall know.
void warn_of_versions(const Drift& drift) {
  std::string last;
  for (const CheckedGroup& group : drift.groups) {
    if (group.runtime == group.fitted_runtime || group.runtime == last) continue;
    last = group.runtime;
    std::cerr << fmt::format("warning: the profile was fitted to {}, these rows are of {}\n",
                             group.fitted_runtime, group.runtime);
  }
  for (const std::string& name : drift.unchecked)
    std::cerr << fmt::format("not checked: the profile has no fit of {}\n", name);
}

int run_check(const CheckOptions& options) {
  DriftLimits limits;
  limits.tolerance = parse_tolerance(options.tolerance);
  const Profile profile = read_profile(options.profile);
  const std::vector<Measurement> rows = read_measurements(options.files);
  const Observations observations = observations_of(rows);
  for (const auto& [reason, count] : observations.reasons)
    std::cerr << fmt::format("left out {} rows: {}\n", count, reason);
  const Drift drift = find_drift(profile, observations, limits);
  if (drift.groups.empty())
    throw InputError{"there is nothing to check",
                     drift.unchecked.empty() ? "no row can be counted"
                                             : "the profile has no fit of " + drift.unchecked.front(),
                     "name a profile of this engine, or other rows"};
  warn_of_other_device(profile, rows);
  warn_of_versions(drift);
  std::cout << (options.json ? drift_json(drift, rows, limits) : drift_text(drift, rows, limits));
  return drift.fails() ? status_outside : status_done;
}

}  // namespace

Action add_check(CLI::App& verb) {
  auto options = std::make_shared<CheckOptions>();
  verb.add_option("CSV", options->files, "Fresh measurements")->required();
  verb.add_option("--profile", options->profile, "The profile.json that they are held against")->required();
  verb.add_option("--tolerance", options->tolerance,
                  "How far a row may be from its prediction, whatever its interval: 2% or 0.02")
      ->capture_default_str();
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_check(*options); };
}

}  // namespace calibram
