// SPDX-License-Identifier: MIT
// calibram fit: measurements to a profile.
#include "bench/app/fit_report.hpp"
#include "bench/app/profiling.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

namespace calibram {
namespace {

struct FitOptions {
  std::vector<std::string> files;
  std::string output;
  bool json = false;
};

/// The card's memory as the rows' engine saw it; 0 where they do not agree on one.
std::int64_t device_bytes_of(const std::vector<Measurement>& rows) {
  std::set<std::int64_t> sizes;
  for (const Measurement& row : rows)
    if (const auto option = row.options.find("device_bytes"); option != row.options.end())
      sizes.insert(require_integer("option device_bytes", option->second, 1));
  return sizes.size() == 1 ? *sizes.begin() : 0;
}

/// The device that the rows were measured on. @throws InputError when there are several
ProfileDevice device_of(const std::vector<Measurement>& rows) {
  for (const Measurement& row : rows)
    if (row.device != rows.front().device)
      throw InputError{fmt::format("cannot fit rows of two devices together ('{}', '{}')",
                                   rows.front().device, row.device),
                       fmt::format("{}:{} is the first of the other", row.file, row.line), "fit them apart"};
  const ProfileDevice here = this_host();
  if (rows.front().device == here.name) return here;
  const bool is_host =
      std::any_of(rows.begin(), rows.end(), [](const Measurement& row) { return row.metric == Metric::rss; });
  return {rows.front().device, is_host ? "host" : "cuda", device_bytes_of(rows), ""};
}

/// A profile written over its measurements would lose them.
void check_output(const FitOptions& options) {
  for (const std::string& file : options.files) {
    std::error_code unequal;
    if (std::filesystem::equivalent(file, options.output, unequal))
      throw InputError{"cannot write the profile over the measurements " + in_quotes(file),
                       "they would be lost", "name another --output"};
  }
}

int run_fit(const FitOptions& options) {
  check_output(options);
  const std::vector<Measurement> rows = read_measurements(options.files);
  if (rows.empty()) throw InputError{"there is nothing to fit", "the files have no rows", "name other files"};
  const Profile profile = make_profile(rows, device_of(rows));
  if (!options.output.empty() && options.output != "-") write_profile(options.output, profile);
  if (options.json || options.output == "-") {
    std::cout << profile_text(profile);
    return status_done;
  }
  std::cout << profile_report(profile, rows);
  return status_done;
}

}  // namespace

Action add_fit(CLI::App& verb) {
  auto options = std::make_shared<FitOptions>();
  verb.add_option("CSV", options->files, "Measurements")->required();
  verb.add_option("-o,--output", options->output, "Write the profile here; - is standard output");
  verb.add_flag("--json", options->json, "Print the profile as one JSON document");
  return [options] { return run_fit(*options); };
}

}  // namespace calibram
