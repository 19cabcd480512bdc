// SPDX-License-Identifier: MIT
// calibram fit: measurements, of one machine or of many, to a profile for each kind of device.
#include "bench/app/fit/fit_report.hpp"
#include "bench/app/fit/fleet_report.hpp"
#include "bench/app/fit/profiling.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/verbs.hpp"
#include "fit/fleet.hpp"
#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"
#include "src/engine/provenance.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

namespace calibram {
namespace {

namespace fs = std::filesystem;

struct FitOptions {
  std::vector<std::string> files;
  std::string output, out;
  bool keep_outliers = false;
  bool json = false;
};

/// All that was measured on one kind of device, and what came of it.
struct DeviceFit {
  std::vector<Measurement> rows;
  std::vector<Fleet> fleets;
  Profile profile;
};

/// The rows of each device, in the order of their first rows.
std::vector<DeviceFit> split_by_device(std::vector<Measurement> rows) {
  std::vector<DeviceFit> devices;
  for (Measurement& row : rows) {
    auto device = std::find_if(devices.begin(), devices.end(), [&](const DeviceFit& known) {
      return known.rows.front().device == row.device;
    });
    if (device == devices.end()) device = devices.insert(devices.end(), DeviceFit{});
    device->rows.push_back(std::move(row));
  }
  return devices;
}

/// The card's memory as the rows' engine saw it; 0 where they do not agree on one.
std::int64_t device_bytes_of(const std::vector<Measurement>& rows) {
  std::set<std::int64_t> sizes;
  for (const Measurement& row : rows)
    if (const auto option = row.options.find("device_bytes"); option != row.options.end())
      sizes.insert(require_integer("option device_bytes", option->second, 1));
  return sizes.size() == 1 ? *sizes.begin() : 0;
}

/// What the rows say of their device; what they do not say is taken from this machine where it is one of
/// them.
ProfileDevice device_of(const std::vector<Measurement>& rows) {
  const ProfileDevice here = this_host();
  const bool is_here = rows.front().device == here.name;
  const bool is_host = is_here || std::any_of(rows.begin(), rows.end(), [](const Measurement& row) {
                         return row.metric == Metric::rss || row.metric == Metric::cgroup;
                       });
  ProfileDevice device =
      is_here ? here
              : ProfileDevice{rows.front().device, is_host ? "host" : "cuda", device_bytes_of(rows), ""};
  const Versions versions = versions_of(rows);
  if (const auto driver = versions.find(is_host ? "kernel" : "driver"); driver != versions.end())
    device.driver = driver->second;
  return device;
}

/// A machine that is unlike all others of its kind says nothing of the kind.
void leave_out_outliers(DeviceFit& device) {
  std::set<std::string> outliers;
  for (const Fleet& fleet : device.fleets)
    for (const FleetMember& member : fleet.members)
      if (member.is_outlier) outliers.insert(member.machine);
  for (const std::string& machine : outliers) {
    const std::size_t count =
        std::erase_if(device.rows, [&](const Measurement& row) { return row.machine == machine; });
    std::cerr << fmt::format("left out {} rows: {} is unlike the other machines (--keep-outliers keeps it)\n",
                             count, in_quotes(machine));
  }
}

void fit_device(DeviceFit& device, const FitOptions& options) {
  device.fleets = fleets_of(device.rows);
  if (!options.keep_outliers) leave_out_outliers(device);
  device.profile = make_profile(device.rows, device_of(device.rows));
  for (ProfileFit& entry : device.profile.fits)
    for (const Fleet& fleet : device.fleets)
      if (fleet.name() == entry.name()) entry.fit.spread = fleet.spread;
}

/// Fits every device that can be fitted; names the others. @throws InputError when there is none
std::vector<DeviceFit> fit_devices(std::vector<DeviceFit> devices, const FitOptions& options) {
  std::vector<DeviceFit> fitted;
  for (DeviceFit& device : devices) {
    try {
      fit_device(device, options);
      fitted.push_back(std::move(device));
    } catch (const InputError& problem) {
      if (devices.size() == 1) throw;
      std::cerr << fmt::format("not fitted: {}: {}\n", in_quotes(device.rows.front().device), problem.what());
    }
  }
  if (fitted.empty()) throw InputError{"nothing can be fitted", "no device has rows enough", "measure more"};
  return fitted;
}

/// A profile written over its measurements would lose them.
void check_output(const FitOptions& options) {
  if (!options.output.empty() && !options.out.empty())
    throw InputError{"--output and --out exclude each other", "one is a file, the other a folder",
                     "drop one"};
  for (const std::string& file : options.files) {
    std::error_code unequal;
    if (fs::equivalent(file, options.output, unequal))
      throw InputError{"cannot write the profile over the measurements " + in_quotes(file),
                       "they would be lost", "name another --output"};
  }
}

/// Better known before a long fit than after it.
void check_one_file(const std::vector<DeviceFit>& devices, const FitOptions& options) {
  if (options.output.empty() || devices.size() == 1) return;
  const Measurement &first = devices[0].rows.front(), &other = devices[1].rows.front();
  throw InputError{fmt::format("cannot write the profiles of {} devices into one file", devices.size()),
                   fmt::format("{}:{} is of {}, {}:{} of {}", first.file, first.line, in_quotes(first.device),
                               other.file, other.line, in_quotes(other.device)),
                   "name a folder with --out instead"};
}

void write_profiles(const std::vector<DeviceFit>& devices, const FitOptions& options) {
  if (!options.output.empty() && options.output != "-")
    write_profile(options.output, devices.front().profile);
  if (options.out.empty()) return;
  std::set<fs::path> used;
  for (const DeviceFit& device : devices) {
    const fs::path folder = fs::path{options.out} / slug(device.profile.device.name);
    if (!used.insert(folder).second)
      throw InputError{fmt::format("two devices would share the folder {}", in_quotes(folder.string())),
                       "their names differ in punctuation alone", "fit them apart, with -o"};
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (failure)
      throw Error{"cannot make the folder " + in_quotes(folder.string()), failure.message(),
                  "name another one with --out"};
    write_profile(folder / "profile.json", device.profile);
    std::cerr << fmt::format("profile: {}\n", (folder / "profile.json").string());
  }
}

std::string json_text(const std::vector<DeviceFit>& devices) {
  if (devices.size() == 1) return profile_text(devices.front().profile);
  nlohmann::ordered_json all;
  for (const DeviceFit& device : devices)
    all["profiles"].push_back(nlohmann::ordered_json::parse(profile_text(device.profile)));
  return all.dump(1) + "\n";
}

int run_fit(const FitOptions& options) {
  check_output(options);
  const std::vector<Measurement> rows = read_measurements(options.files);
  if (rows.empty()) throw InputError{"there is nothing to fit", "the files have no rows", "name other files"};
  std::vector<DeviceFit> devices = split_by_device(std::move(rows));
  check_one_file(devices, options);
  devices = fit_devices(std::move(devices), options);
  write_profiles(devices, options);
  if (options.json || options.output == "-") {
    std::cout << json_text(devices);
    return status_done;
  }
  for (const DeviceFit& device : devices) {
    if (devices.size() > 1) std::cout << fmt::format("== {} ==\n\n", device.profile.device.name);
    std::cout << profile_report(device.profile, device.rows) << fleet_text(device.fleets);
    if (devices.size() > 1) std::cout << "\n";
  }
  return status_done;
}

}  // namespace

Action add_fit(CLI::App& verb) {
  auto options = std::make_shared<FitOptions>();
  verb.add_option("CSV", options->files, "Measurements, of any number of machines")->required();
  verb.add_option("-o,--output", options->output, "Write the profile here; - is standard output");
  verb.add_option("--out", options->out,
                  "Write a profile for each kind of device below this folder: DIR/<device>/profile.json");
  verb.add_flag("--keep-outliers", options->keep_outliers,
                "Fit machines too that are unlike all others of their kind");
  verb.add_flag("--json", options->json, "Print the profile as one JSON document");
  return [options] { return run_fit(*options); };
}

}  // namespace calibram
