// SPDX-License-Identifier: MIT
// calibram history: the sweeps of a device one after another, each coefficient over time, and what changed.
#include "bench/app/history/history_report.hpp"

#include "bench/app/flags/estimators.hpp"
#include "bench/app/measure/sweep_files.hpp"
#include "bench/app/verbs.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <filesystem>
#include <iostream>
#include <memory>

namespace calibram {
namespace {

namespace fs = std::filesystem;

/// A folder's measurements; a file stands for itself.
std::vector<fs::path> files_of(const fs::path& path) {
  return fs::is_directory(path) ? measurement_files(path) : std::vector{path};
}

std::vector<Sweep> read_sweeps(const std::vector<std::string>& paths) {
  std::vector<Sweep> sweeps;
  for (const std::string& path : paths)
    for (const fs::path& file : files_of(path)) sweeps.push_back({file.string(), read_measurements(file)});
  return sweeps;
}

/// The folder where `calibrate` leaves the sweeps of this host.
std::vector<std::string> own_folder() {
  const fs::path folder = default_profile_folder(describe_host().name);
  if (folder.empty() || !fs::is_directory(folder))
    throw InputError{"there is no history of this machine", "calibrate has not been run here",
                     "run \"calibram calibrate\", or name a folder of measurements"};
  return {folder.string()};
}

int run_history(std::vector<std::string> paths, bool json) {
  if (paths.empty()) paths = own_folder();
  const std::vector<History> histories = histories_of(read_sweeps(paths));
  if (histories.empty())
    throw InputError{"there is no history", "no measurements in " + in_quotes(paths.front()),
                     "name a folder of measurements, or their files"};
  std::cout << (json ? history_json(histories) : history_text(histories));
  return status_done;
}

}  // namespace

Action add_history(CLI::App& verb) {
  auto paths = std::make_shared<std::vector<std::string>>();
  verb.add_option(
      "PATH", *paths,
      "Folders of measurements, or their files. Default: the folder where calibrate left those of "
      "this host");
  const auto json = add_json_flag(verb);
  return [paths, json] { return run_history(*paths, *json); };
}

}  // namespace calibram
