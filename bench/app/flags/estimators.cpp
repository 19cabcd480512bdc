// SPDX-License-Identifier: MIT
// Finds the profile and puts `calibrated` beside the rules and theory.
#include "bench/app/flags/estimators.hpp"

#include "bench/app/usage.hpp"
#include "fit/calibrated.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <iostream>

namespace calibram {
namespace {

namespace fs = std::filesystem;

fs::path data_home() {
  // The XDG base directory specification: a relative path does not count.
  if (const char* home = std::getenv("XDG_DATA_HOME"); home != nullptr && home[0] == '/') return home;
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/')
    return fs::path{home} / ".local/share";
  return {};
}

/// Says on standard error what makes the profile one of another device. @param asked  the device that the
/// question names; empty: none, so a card's profile has nothing to be compared with. @param driver  of that
/// device, where it is of this machine
void warn_if_foreign(const Profile& profile, const std::string& asked, const std::string& driver) {
  const auto warn = [&](const char* what, const std::string& theirs, const std::string& ours) {
    std::cerr << fmt::format(
        "warning: the profile is of another {} ({}, not {}); calibrate that one, or take its "
        "figures with care\n",
        what, in_quotes(theirs), in_quotes(ours));
  };
  const HostMachine& here = describe_host();
  const bool is_host = profile.device.kind == "host";
  const std::string meant = !asked.empty() ? asked : is_host ? here.name : profile.device.name;
  if (profile.device.name != meant)
    warn("device", profile.device.name, meant);
  else if (is_host && meant == here.name && profile.device.driver != here.kernel)
    warn("kernel", profile.device.driver, here.kernel);
  else if (!is_host && !driver.empty() && profile.device.driver != driver)
    warn("driver", profile.device.driver, driver);
}

/// The profile in the device's folder; empty for none.
fs::path profile_of(const std::string& device) {
  const fs::path folder = default_profile_folder(device);
  std::error_code ignored;
  return !folder.empty() && fs::exists(folder / "profile.json", ignored) ? folder / "profile.json"
                                                                         : fs::path{};
}

/// The profile, where exactly one device has one; empty for none or several.
fs::path only_profile() {
  fs::path only;
  std::error_code ignored;
  for (const auto& folder : fs::directory_iterator(profiles_folder(), ignored)) {
    const fs::path file = folder.path() / "profile.json";
    if (!fs::exists(file, ignored)) continue;
    if (!only.empty()) return {};
    only = file;
  }
  return only;
}

fs::path default_profile(const std::string& device) {
  if (!device.empty()) return profile_of(device);
  const fs::path of_host = profile_of(describe_host().name);
  return of_host.empty() ? only_profile() : of_host;
}

}  // namespace

std::string slug(const std::string& device) {
  std::string text;
  for (const char c : device) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!text.empty() && text.back() != '-')
      text += '-';
  }
  while (!text.empty() && text.back() == '-') text.pop_back();
  return text.empty() ? "device" : text;
}

fs::path profiles_folder() {
  const fs::path home = data_home();
  return home.empty() ? fs::path{} : home / "calibram";
}

fs::path default_profile_folder(const std::string& device) {
  const fs::path folder = profiles_folder();
  return folder.empty() ? fs::path{} : folder / slug(device);
}

void note_missing_error_model(const Asked& asked) {
  if (!asked.estimate()->interval)
    std::cerr << fmt::format("note: {} has no error model, so \"fits\" compares the total itself\n",
                             asked.estimator);
}

void ProfileFlag::add_to(CLI::App& verb) {
  verb.add_option(
      "--profile", file_,
      "A profile.json. Default: the one that \"calibram calibrate\" made of the device, or of this "
      "machine");
}

Estimators ProfileFlag::estimators(const std::string& device, const std::string& driver) const {
  Estimators estimators = rules_and_theory();
  const fs::path file = file_.empty() ? default_profile(device) : fs::path{file_};
  if (file.empty()) return estimators;
  auto profile = std::make_shared<const Profile>(read_profile(file));
  warn_if_foreign(*profile, device, driver);
  estimators.push_back(calibrated(std::move(profile)));
  return estimators;
}

Estimators ProfileFlag::estimators_for(const std::string& estimator, const std::string& device,
                                       const std::string& driver) const {
  const bool is_uncalibrated = !estimator.empty() && estimator != "calibrated";
  if (is_uncalibrated && is_given())
    throw exclusive_flags("--profile", "--estimator " + estimator, "only 'calibrated' uses a profile");
  return is_uncalibrated ? rules_and_theory() : estimators(device, driver);
}

}  // namespace calibram
