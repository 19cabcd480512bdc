// SPDX-License-Identifier: MIT
// A control group of our own for a command: where one can be made, and what it counted.
#pragma once

#include "src/core/bytes.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace calibram {

/// A group that is made for one command. Its first process joins it by itself; calibram-launch removes it.
class ControlGroup {
 public:
  /// Makes a group beside or below the one of this process, version 2 or version 1, wherever the memory
  /// controller is. @param own  normally /proc/self: holds `cgroup` and `mountinfo`
  /// @param name  of the group's folder
  /// @param absence  set to why there is none, when the answer is absent
  static std::optional<ControlGroup> make(const std::filesystem::path& own, const std::string& name,
                                          std::string& absence);

  ControlGroup(ControlGroup&& other) noexcept
      : folder_{std::exchange(other.folder_, {})}, version_{other.version_} {}
  ControlGroup& operator=(ControlGroup&&) = delete;
  /// Removes the group, unless processes are left in it: then calibram-launch does when they have ended.
  ~ControlGroup();

  const std::filesystem::path& folder() const noexcept { return folder_; }

  /// The peak of what was charged: anonymous memory, page cache and the kernel's own for it.
  std::optional<Bytes> peak() const;
  std::string counter() const;             ///< the file that peak() reads
  std::int64_t killed_for_memory() const;  ///< how many of its processes the kernel killed for want of memory

 private:
  ControlGroup(std::filesystem::path folder, int version) : folder_{std::move(folder)}, version_{version} {}

  std::filesystem::path folder_;
  int version_;
};

/// What a group of ours is called: of the process that makes it, so that left-overs can be told.
std::string control_group_name();

/// Charges are taken in batches of 64 pages per processor (MEMCG_CHARGE_BATCH, mm/memcontrol.c), so a peak
/// may be that much above what was in use.
Bytes charge_slack();

}  // namespace calibram
