// SPDX-License-Identifier: MIT
// Reads profiles, and chooses among them.
#include "bench/app/serve/served_profiles.hpp"

#include "bench/app/flags/estimators.hpp"
#include "bench/app/usage.hpp"
#include "fit/calibrated.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <utility>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::vector<fs::path> profiles_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;  // a folder that is not there holds none
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (fs::exists(entry.path() / "profile.json", ignored)) files.push_back(entry.path() / "profile.json");
  std::sort(files.begin(), files.end());
  return files;
}

Json json_of(const ProfileFit& fit) {
  return {{"runtime", fit.runtime}, {"metric", name_of(fit.metric)}, {"devices", fit.placement.devices}};
}

}  // namespace

ServedProfiles::ServedProfiles(const fs::path& given, const fs::path& folder)
    : uncalibrated_{rules_and_theory()}, has_given_{!given.empty()} {
  if (has_given_) add("", given);
  for (const fs::path& file : profiles_in(folder)) try {
      add(file.parent_path().filename().string(), file);
    } catch (const Error& problem) {
      std::cerr << fmt::format("warning: a profile is left out: {}\n", problem.what());
    }
  if (!has_given_) return;
  // The name that calibrate would give its folder, unless one of those has it.
  const std::string name = slug(served_.front().profile->device.name);
  served_.front().name = find(name) == nullptr ? name : "given-" + name;
}

void ServedProfiles::add(std::string name, const fs::path& file) {
  auto profile = std::make_shared<const Profile>(read_profile(file));
  Estimators estimators = rules_and_theory();
  estimators.push_back(calibrated(profile));
  served_.push_back({std::move(name), std::move(profile), std::move(estimators)});
}

const ServedProfiles::Served* ServedProfiles::find(std::string_view name) const {
  const auto found =
      std::find_if(served_.begin(), served_.end(), [&](const Served& served) { return served.name == name; });
  return found == served_.end() ? nullptr : &*found;
}

const ServedProfiles::Served& ServedProfiles::named(std::string_view name) const {
  if (const Served* served = find(name)) return *served;
  std::vector<std::string_view> known = {"none"};
  for (const Served& served : served_) known.push_back(served.name);
  throw unknown_name("profile", name, known);
}

const ServedProfiles::Served* ServedProfiles::of_device(std::string_view device) const {
  if (has_given_) return &served_.front();
  if (!device.empty()) return find(slug(std::string{device}));
  const Served* of_host = find(slug(describe_host().name));
  return of_host == nullptr && served_.size() == 1 ? &served_.front() : of_host;
}

ChosenEstimators ServedProfiles::choose(std::string_view name, std::string_view estimator,
                                        std::string_view device) const {
  const bool is_named = !name.empty() && name != "none";
  const bool is_uncalibrated = !estimator.empty() && estimator != "calibrated";
  const Served* named_one = is_named ? &named(name) : nullptr;
  if (is_uncalibrated && is_named)
    throw exclusive_flags("--profile", fmt::format("--estimator {}", estimator),
                          "only 'calibrated' uses a profile");
  const Served* chosen = is_named ? named_one : name.empty() ? of_device(device) : nullptr;
  if (is_uncalibrated || chosen == nullptr) return {uncalibrated_, ""};
  return {chosen->estimators, chosen->profile->file};
}

std::string ServedProfiles::list() const {
  Json list = Json::array();
  for (const Served& served : served_) {
    const Profile& profile = *served.profile;
    Json fits = Json::array();
    for (const ProfileFit& fit : profile.fits) fits.push_back(json_of(fit));
    list.push_back({{"name", served.name},
                    {"device", profile.device.name},
                    {"kind", profile.device.kind},
                    {"created", profile.created},
                    {"fits", fits}});
  }
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace calibram
