// SPDX-License-Identifier: MIT
// calibram report: measurements beside every estimate, as CSV, Markdown or one HTML page.
#include "bench/report/report.hpp"

#include "bench/app/fit/profiling.hpp"
#include "bench/app/verbs.hpp"
#include "bench/report/columns.hpp"
#include "bench/report/markdown_report.hpp"
#include "bench/report/page.hpp"
#include "fit/calibrated.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/names.hpp"
#include "src/core/printable.hpp"
#include "src/core/utc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <set>

namespace calibram {
namespace {

struct ReportOptions {
  std::vector<std::string> files, outputs;
  std::string profile, format;
  bool columns = false;
};

struct ReportFormat {
  std::string_view name;
  std::array<std::string_view, 2> suffixes;
  std::string (*write)(const Report&);
};

constexpr std::array formats = {ReportFormat{"html", {".html", ".htm"}, page},
                                ReportFormat{"markdown", {".md", ".markdown"}, markdown_report},
                                ReportFormat{"csv", {".csv", ".csv"}, csv_report}};

const ReportFormat& format_named(const std::string& name) {
  std::vector<std::string_view> known;
  for (const ReportFormat& format : formats) {
    if (format.name == name) return format;
    known.push_back(format.name);
  }
  throw unknown_name("format", name, known);
}

/// By --format, else by the output's suffix; Markdown on standard output.
const ReportFormat& format_of(const ReportOptions& options, const std::string& output) {
  if (!options.format.empty()) return format_named(options.format);
  if (output == "-") return format_named("markdown");
  const std::string suffix = std::filesystem::path{output}.extension().string();
  for (const ReportFormat& format : formats)
    if (std::find(format.suffixes.begin(), format.suffixes.end(), suffix) != format.suffixes.end())
      return format;
  throw InputError{"cannot tell the format of " + in_quotes(output),
                   "its name ends in none of .html, .md and .csv", "name the output so, or add --format"};
}

/// What is wrong with the command line is said before the work. @throws InputError
void check_outputs(const ReportOptions& options) {
  for (const std::string& output : options.outputs) {
    format_of(options, output);
    for (const std::string& file : options.files) {
      std::error_code unequal;
      if (std::filesystem::equivalent(file, output, unequal))
        throw InputError{"cannot write the report over the measurements " + in_quotes(file),
                         "they would be lost", "name another --output"};
    }
  }
}

std::set<std::string> different(const std::vector<Measurement>& rows, SharedText Measurement::*member) {
  std::set<std::string> values;
  for (const Measurement& row : rows)
    if (is_evaluated(row)) values.insert(row.*member);
  return values;
}

void evaluate_by_profile(const std::string& file, const std::vector<Measurement>& rows, Report& report) {
  auto profile = std::make_shared<const Profile>(read_profile(file));
  for (const std::string& device : different(rows, &Measurement::device))
    if (device != profile->device.name)
      std::cerr << fmt::format("warning: the profile is of '{}', rows are of {}\n", profile->device.name,
                               in_quotes(device));
  report.fits = profile->fits;
  report.fits_from = fmt::format("the profile {}", file);
  report.profile = description_of(*profile);
  report.calibrated_by = "by that profile, whichever rows it has seen";
  Estimators estimators = rules_and_theory();
  estimators.push_back(calibrated(std::move(profile)));
  report.evaluation = evaluate(rows, estimators);
}

/// What rows that predict each other differ in; absent where they do not.
std::optional<LeftOut> left_out_of(const std::vector<Measurement>& rows) {
  if (different(rows, &Measurement::model).size() > 1) return LeftOut::model;
  std::set<std::int64_t> batches;
  for (const Measurement& row : rows) batches.insert(row.workload.batch);
  if (batches.size() > 1) return LeftOut::batch;
  return std::nullopt;
}

/// Without a profile the rows speak for themselves: they are fitted, and predicted by fits of the others.
void evaluate_by_themselves(const std::vector<Measurement>& rows, Report& report) {
  const std::set<std::string> devices = different(rows, &Measurement::device);
  if (devices.size() > 1)
    std::cerr << fmt::format("not fitted: rows of {} devices; name a --profile, or report them apart\n",
                             devices.size());
  if (devices.size() == 1) try {
      report.fits = make_profile(rows, {*devices.begin(), "", 0, ""}).fits;
      report.fits_from = "these rows";
    } catch (const InputError& problem) {
      std::cerr << "not fitted: " << problem.what() << "\n";
    }
  const std::optional<LeftOut> left_out = report.fits.empty() ? std::nullopt : left_out_of(rows);
  if (!left_out) {
    report.evaluation = evaluate(rows, rules_and_theory());
    return;
  }
  const char* what = *left_out == LeftOut::model ? "model" : "batch size";
  report.calibrated_by = fmt::format("each {0} is predicted by a fit of the other {0}s", what);
  report.evaluation = evaluate_leaving_out(*left_out, rows, rules_and_theory());
}

Report make_report(const ReportOptions& options) {
  Report report;
  report.files = options.files;
  report.created = utc_now();
  const Options versions = own_versions();
  report.program = fmt::format("calibram {}, commit {}", versions.at("calibram"), versions.at("commit"));
  std::vector<Measurement> rows;
  for (const std::string& file : options.files)
    read_measurements(file, [&](Measurement row) { rows.push_back(std::move(row)); });
  if (rows.empty())
    throw InputError{"there is nothing to report", "the files have no rows", "name other files"};
  if (options.profile.empty())
    evaluate_by_themselves(rows, report);
  else
    evaluate_by_profile(options.profile, rows, report);
  put_back(std::move(rows), report.evaluation);
  report.devices = devices_of(report.evaluation);
  report.shapes = shapes_of(report.evaluation);
  report.histories = histories_of(report.evaluation);
  return report;
}

int run_report(const ReportOptions& options) {
  if (options.columns) {
    std::cout << report_dictionary().text();
    return status_done;
  }
  if (options.files.empty())
    throw InputError{"no measurements are named", "", "name one or more CSV files, or --columns"};
  check_outputs(options);
  const Report report = make_report(options);
  for (const std::string& output : options.outputs) {
    const std::string text = format_of(options, output).write(report);
    if (output == "-")
      std::cout << text;
    else
      write_file(output, text);
  }
  return status_done;
}

}  // namespace

Action add_report(CLI::App& verb) {
  auto options = std::make_shared<ReportOptions>();
  options->outputs = {"-"};
  verb.add_option("CSV", options->files, "Measurements; of several sweeps of a device the drift is shown");
  verb.add_option("--profile", options->profile,
                  "A profile.json to predict with. Default: the rows are fitted, and each model is "
                  "predicted by a fit of the others");
  verb.add_option("-o,--output", options->outputs,
                  "Where it goes, \"-\" for standard output; several make several reports")
      ->allow_extra_args(false)
      ->capture_default_str();
  verb.add_option("--format", options->format,
                  "html, markdown or csv. Default: by the output's suffix; markdown on standard output");
  verb.add_flag("--columns", options->columns, "Print what the columns of the CSV mean, and nothing else");
  return [options] { return run_report(*options); };
}

}  // namespace calibram
