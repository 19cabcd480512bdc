// SPDX-License-Identifier: MIT
// Which estimators a command has: the rules, theory, and calibration where there is a profile.
#pragma once

#include "fit/asked.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

namespace calibram {

/// Where profiles lie unless --out says otherwise: $XDG_DATA_HOME/calibram. Empty where the environment names
/// no home.
std::filesystem::path profiles_folder();

/// A device's folder there.
std::filesystem::path default_profile_folder(const std::string& device);

/// "Intel(R) Xeon(R) Processor" -> "intel-r-xeon-r-processor".
std::string slug(const std::string& device);

/// Says on standard error where what fits is judged by a total alone.
void note_missing_error_model(const Asked& asked);

/// --profile, shared by the verbs that estimate.
class ProfileFlag {
 public:
  void add_to(CLI::App& verb);

  /// Rules, theory and, where there is a profile, `calibrated`. The profile is the one that is named; else
  /// the one that lies in the folder of the device; else, where no device is asked for, that of this host, or
  /// the only one that was ever made here. Warns on standard error when it is of another device or driver.
  /// @param device  that the question names; may be empty. @param driver  its driver here, where known
  Estimators estimators(const std::string& device, const std::string& driver = {}) const;

  /// The same for a question, where only the rules and theory do not need the profile.
  /// @param estimator  that is asked; empty: the best that answers
  /// @throws InputError for a profile that it would not use
  Estimators estimators_for(const std::string& estimator, const std::string& device,
                            const std::string& driver = {}) const;

  bool is_given() const { return !file_.empty(); }

 private:
  std::string file_;
};

}  // namespace calibram
