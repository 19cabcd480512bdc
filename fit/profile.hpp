// SPDX-License-Identifier: MIT
// A profile: the fits of one device, as a JSON file that is checked when read.
#pragma once

#include "fit/calibration.hpp"
#include "src/engine/provenance.hpp"
#include "src/engine/question.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// The only schema that this program reads and writes.
inline constexpr std::int64_t profile_schema = 1;

struct ProfileDevice {
  std::string name;
  std::string kind;              ///< "host" or "cuda"
  std::int64_t total_bytes = 0;  ///< 0 where unknown
  std::string driver;            ///< its version; the kernel's on a host; empty where unknown
};

struct ProfileFit {
  std::string runtime;
  Metric metric = Metric::allocated;
  std::string counter;  ///< which counter of the system gave the values
  Fit fit;
  Placement placement{};  ///< of several devices: what one of them takes, on average

  /// "vllm@0.19.0 other on 2 devices (tensor)".
  std::string name() const;
};

struct Profile {
  ProfileDevice device;
  std::string created;           ///< ISO 8601, UTC
  std::string commit;            ///< of the program that measured
  Versions versions;             ///< of libraries
  std::vector<ProfileFit> fits;  ///< one per runtime, metric and placement
  std::string file;              ///< where it was read from; not written

  /// The fit of this runtime, metric and placement; null for none.
  const ProfileFit* find(std::string_view runtime, Metric metric, Placement placement = {}) const;
  /// The same, else that of another version of the runtime's engine; of several the last one.
  const ProfileFit* find_nearest(std::string_view runtime, Metric metric, Placement placement = {}) const;
};

/// All that a profile names with a version, under the names that rows have: libraries, the driver or a host's
/// kernel, and the commit of the program that measured.
Versions versions_of(const Profile& profile);

/// The JSON document, indented, with a line end. Bytes of the reported solution are whole; the numbers of the
/// prediction keep every digit.
std::string profile_text(const Profile& profile);

/// @throws InputError naming the JSON path of what is missing, of the wrong kind or impossible
Profile parse_profile(std::string_view text, const std::string& name);

/// @throws Error, InputError as parse_profile, and for files that cannot be read or written
Profile read_profile(const std::filesystem::path& file);
void write_profile(const std::filesystem::path& file, const Profile& profile);

}  // namespace calibram
