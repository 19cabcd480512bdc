// SPDX-License-Identifier: MIT
// The profiles that a server answers with, each read once.
#pragma once

#include "fit/estimator.hpp"
#include "fit/profile.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// Who answers, and with what.
struct ChosenEstimators {
  const Estimators& estimators;
  std::string profile_file;  ///< empty where none takes part
};

class ServedProfiles {
 public:
  /// @param given  what --profile names, which answers unless a request names another; empty: none
  /// @param folder  of the profiles that calibrate made; what cannot be read there is said on standard error
  /// @throws InputError for a `given` that cannot be read
  ServedProfiles(const std::filesystem::path& given, const std::filesystem::path& folder);

  /// As the command line chooses. @param name  of a profile, or "none"; empty: the one that was given; else
  /// that of the device; else, where no device is asked for, that of this host, or the only one
  /// @param estimator  that is asked; only `calibrated`, and the best, which is empty, use a profile
  /// @throws InputError for an unknown name, and for one that would not be used
  ChosenEstimators choose(std::string_view name, std::string_view estimator, std::string_view device) const;

  /// For /api/profiles.
  std::string list() const;

 private:
  struct Served {
    std::string name;
    std::shared_ptr<const Profile> profile;
    Estimators estimators;
  };

  void add(std::string name, const std::filesystem::path& file);
  const Served* find(std::string_view name) const;
  const Served& named(std::string_view name) const;
  const Served* of_device(std::string_view device) const;

  Estimators uncalibrated_;
  std::vector<Served> served_;
  bool has_given_ = false;  ///< the first of them
};

}  // namespace calibram
