// SPDX-License-Identifier: MIT
// Which estimators a command has: the rules, theory, and calibration where there is a profile.
#pragma once

#include "fit/estimator.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

namespace calibram {

/// Where a device's profile lies unless --out says otherwise: $XDG_DATA_HOME/calibram/<device>. Empty where
/// the environment names no home.
std::filesystem::path default_profile_folder(const std::string& device);

/// "Intel(R) Xeon(R) Processor" -> "intel-r-xeon-r-processor".
std::string slug(const std::string& device);

/// --profile, shared by the verbs that estimate.
class ProfileFlag {
 public:
  void add_to(CLI::App& verb);

  /// Rules, theory and `calibrated`, where a profile is named, or this machine has one and `device` is this
  /// machine or empty. Warns on standard error when the profile is of another device or driver than `device`,
  /// which may be empty.
  Estimators estimators(const std::string& device) const;

  bool is_given() const { return !file_.empty(); }

 private:
  std::string file_;
};

/// @throws InputError for an unknown name, with the known ones
const Estimator& estimator_named(const Estimators& estimators, std::string_view name);

}  // namespace calibram
