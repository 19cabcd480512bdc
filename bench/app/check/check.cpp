// SPDX-License-Identifier: MIT
// calibram check: fresh measurements against a profile and older ones; what left its interval, what moved.
#include "bench/app/check/report.hpp"
#include "bench/app/check/versions.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "fit/baseline.hpp"
#include "fit/drift.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace calibram {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  std::vector<std::string> baseline;
  std::string profile;
  std::string tolerance = "2%";
  bool other_device = false;
  bool json = false;
  std::string markdown, junit;  ///< files; "-" is standard output
};

/// "2%" or "0.02".
double parse_tolerance(std::string_view text) {
  const bool is_percent = text.ends_with('%');
  const std::string_view number = is_percent ? text.substr(0, text.size() - 1) : text;
  return require_number("--tolerance", number, 0, is_percent ? 100 : 1) / (is_percent ? 100 : 1);
}

/// @throws InputError for flags that cannot stand together
void require_consistent(const CheckOptions& options) {
  if (options.profile.empty() && options.baseline.empty())
    throw InputError{"nothing to check against", "neither --profile nor --baseline is given",
                     "name a profile, older measurements, or both"};
  const auto both_on_stdout = [](bool one, bool other, const char* first, const char* second) {
    if (one && other) throw exclusive_flags(first, second, "both would be standard output");
  };
  both_on_stdout(options.json, options.markdown == "-", "--json", "--markdown -");
  both_on_stdout(options.json, options.junit == "-", "--json", "--junit -");
  both_on_stdout(options.markdown == "-", options.junit == "-", "--markdown -", "--junit -");
}

/// The first of the rows that was measured on another device than `device`; null for none.
const Measurement* row_of_other_device(const std::vector<Measurement>& rows, const std::string& device) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Measurement& row) {
    return !row.device.empty() && !device.empty() && row.device != device;
  });
  return found == rows.end() ? nullptr : &*found;
}

/// The device of the first row that names one.
std::string device_of(const std::vector<Measurement>& rows) {
  const auto named =
      std::find_if(rows.begin(), rows.end(), [](const Measurement& row) { return !row.device.empty(); });
  return named == rows.end() ? "" : named->device;
}

/// @throws InputError when rows are of another device, which a difference would be put down to a change
void require_one_device(const std::vector<Measurement>& rows, const std::vector<Measurement>& old_rows) {
  const std::string device = device_of(rows);
  if (const Measurement* other = row_of_other_device(rows, device))
    throw InputError{fmt::format("{}:{}: measured on {}", other->file, other->line, in_quotes(other->device)),
                     fmt::format("the rows before on {}", in_quotes(device)),
                     "check one device at a time, or say --other-device"};
  if (const Measurement* other = row_of_other_device(old_rows, device))
    throw InputError{fmt::format("{}:{}: the baseline was measured on {}", other->file, other->line,
                                 in_quotes(other->device)),
                     fmt::format("the new rows on {}", in_quotes(device)),
                     "name a baseline of this device, or say --other-device to compare all the same"};
}

void note_other_device(const Profile& profile, const std::vector<Measurement>& rows) {
  if (const Measurement* other = row_of_other_device(rows, profile.device.name))
    std::cerr << fmt::format("warning: {}:{} was measured on {}, the profile on {}\n", other->file,
                             other->line, in_quotes(other->device), in_quotes(profile.device.name));
}

/// An engine's new version is what a check is for; but the reader shall know.
void note_versions(CheckResult& result) {
  std::vector<std::string> notes;
  for (const CheckedGroup& group : result.drift.groups) {
    if (group.runtime == group.reference_runtime) continue;
    const std::string note = fmt::format("the {} is of {}, these rows are of {}", name_of(group.reference),
                                         printable(group.reference_runtime), printable(group.runtime));
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
  }
  result.notes.insert(result.notes.end(), notes.begin(), notes.end());
}

void require_some_check(const CheckResult& result) {
  const Drift& drift = result.drift;
  if (!drift.groups.empty() || !drift.outcomes.changed.empty()) return;
  std::string reason = "no row can be counted";
  if (!drift.unchecked.empty())
    reason = "the profile has no fit of " + drift.unchecked.front();
  else if (!result.references.contains(Reference::profile))
    reason = "no row has its configuration in the baseline";
  throw InputError{"there is nothing to check", reason,
                   "name a profile or a baseline of this engine, or other rows"};
}

/// Checks; what is left out of it becomes notes.
CheckResult checked(const CheckOptions& options, DriftLimits limits) {
  CheckResult result;
  result.limits = limits;
  std::optional<Profile> profile;
  if (!options.profile.empty()) profile = read_profile(options.profile);
  result.rows = read_measurements(options.files);
  std::vector<Measurement> old_rows = read_measurements(options.baseline);
  if (!options.other_device) require_one_device(result.rows, old_rows);
  const Observations observations = observations_of(result.rows);
  for (const auto& [reason, count] : observations.reasons)
    result.notes.push_back(
        fmt::format("theory leaves out {} row{}: {}", count, count == 1 ? "" : "s", printable(reason, 200)));
  result.versions = versions_of(result.rows);
  if (profile) {
    note_other_device(*profile, result.rows);
    result.drift.groups = check_against_profile(*profile, observations, limits, result.drift.unchecked);
    result.references[Reference::profile] = reference_to(*profile, result.versions);
  }
  if (!options.baseline.empty()) {
    result.references[Reference::baseline] = reference_to(old_rows, options.baseline, result.versions);
    Baseline baseline = as_baseline(std::move(old_rows), result.rows);
    for (CheckedGroup& group :
         check_against_baseline(baseline, result.rows, observations, limits, result.drift.outcomes))
      result.drift.groups.push_back(std::move(group));
    result.old_rows = std::move(baseline.rows);
  }
  judge_terms(result.drift, limits.family_wise_error);
  note_versions(result);
  require_some_check(result);
  return result;
}

/// Standard output gets the one document that was asked for, else the text.
void write_reports(const CheckOptions& options, const CheckResult& result) {
  const auto write = [](const std::string& file, const std::string& document) {
    if (file == "-")
      std::cout << document;
    else if (!file.empty())
      write_file(file, document);
  };
  if (!options.markdown.empty()) write(options.markdown, check_markdown(result));
  if (!options.junit.empty()) write(options.junit, check_junit(result));
  if (options.json) std::cout << check_json(result);
  if (!options.json && options.markdown != "-" && options.junit != "-") std::cout << check_text(result);
}

int run_check(const CheckOptions& options) {
  require_consistent(options);
  DriftLimits limits;
  limits.tolerance = parse_tolerance(options.tolerance);
  const CheckResult result = checked(options, limits);
  write_reports(options, result);
  return result.drift.fails() ? status_outside : status_done;
}

}  // namespace

Action add_check(CLI::App& verb) {
  auto options = std::make_shared<CheckOptions>();
  verb.add_option("CSV", options->files, "Fresh measurements")->required();
  verb.add_option("--profile", options->profile, "The profile.json that they are held against");
  verb.add_option(
          "--baseline", options->baseline,
          "Older measurements that they are held against, configuration by configuration; may be given again")
      ->allow_extra_args(false);
  verb.add_option("--tolerance", options->tolerance,
                  "How far a row may be from what is expected, whatever its interval: 2% or 0.02")
      ->capture_default_str();
  verb.add_flag("--other-device", options->other_device,
                "Take rows of several devices, and a baseline of another one");
  verb.add_flag("--json", options->json, "Print one JSON document instead of text");
  verb.add_option("--markdown", options->markdown,
                  "Write a comment for a pull request here as well; - is standard output instead of text");
  verb.add_option("--junit", options->junit,
                  "Write JUnit XML for CI systems here as well; - is standard output instead of text");
  verb.footer(
      "Needs --profile, --baseline or both. Exit status: 0 nothing moved, 3 a row, a term or an outcome "
      "fails, 2 bad input.");
  return [options] { return run_check(*options); };
}

}  // namespace calibram
