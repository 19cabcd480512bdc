// SPDX-License-Identifier: MIT
// Finds where control groups are mounted, makes one, reads its counters.
//
// Version 1: below the group of this process. Version 2 forbids that where the group has processes, ours
// among them, unless it is the root ("no internal processes", Documentation/admin-guide/cgroup-v2.rst); there
// it is made beside our own, where the parent hands the memory controller to its children, as systemd's user
// session and its delegated units do. The limits of our own group are copied, so that the command has not
// more.
#include "bench/watch/control_group.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace calibram {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_prefix = "calibram-watch-";

std::string first_line(const fs::path& file) {
  std::string line;
  std::ifstream in{file};
  std::getline(in, line);
  return line;
}

bool write_line(const fs::path& file, const std::string& line) {
  std::ofstream out{file};
  return static_cast<bool>(out << line << std::flush);
}

bool has_word(const std::string& words, std::string_view word) {
  std::istringstream in{words};
  for (std::string next; in >> next;)
    if (next == word) return true;
  return false;
}

/// A hierarchy with the memory controller, and the group of this process in it.
struct Place {
  int version = 0;
  fs::path mount, own;
  bool is_root = false;
};

/// "/" or the path of the group in the hierarchy, from lines such as "0::/a" and "4:memory:/a".
std::optional<std::string> own_path(const fs::path& own, int version) {
  std::ifstream in{own / "cgroup"};
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    std::replace(controllers.begin(), controllers.end(), ',', ' ');
    const bool is_meant = version == 2 ? controllers.empty() : has_word(controllers, "memory");
    if (is_meant) return line.substr(second + 1);
  }
  return std::nullopt;
}

/// Where a hierarchy is mounted. In a container the mount shows only a part of it, from `root` on.
struct Mount {
  fs::path point;
  std::string root;
};

/// From lines "36 35 98:0 /root /mnt options - cgroup2 device super,options".
std::optional<Mount> find_mount(const fs::path& own, int version) {
  std::ifstream in{own / "mountinfo"};
  for (std::string line; std::getline(in, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before{line.substr(0, dash)}, after{line.substr(dash + 3)};
    std::string skipped, root, point, kind, device, options;
    before >> skipped >> skipped >> skipped >> root >> point;
    after >> kind >> device >> options;
    std::replace(options.begin(), options.end(), ',', ' ');
    if (version == 2 ? kind == "cgroup2" : kind == "cgroup" && has_word(options, "memory"))
      return Mount{point, root};
  }
  return std::nullopt;
}

std::optional<Place> find_place(const fs::path& own, int version) {
  const auto path = own_path(own, version);
  const auto mount = find_mount(own, version);
  if (!path || !mount) return std::nullopt;
  fs::path below = fs::path{*path}.relative_path();
  if (mount->root != "/") below = fs::path{*path}.lexically_relative(mount->root);
  const bool is_outside = below.empty() ? *path != "/" : *below.begin() == "..";
  std::error_code ignored;
  if (is_outside || !fs::is_directory(mount->point / below, ignored)) return std::nullopt;
  const bool is_root = below.empty() || below == ".";
  // Where version 1 has the controller, version 2 may be mounted without it.
  if (version == 2 && !has_word(first_line(mount->point / "cgroup.controllers"), "memory") &&
      !has_word(first_line(mount->point / below / "cgroup.controllers"), "memory"))
    return std::nullopt;
  return Place{version, mount->point, is_root ? mount->point : mount->point / below, is_root};
}

/// Groups whose maker has died and that nobody is in any more: of a watch that was killed.
void remove_leftovers(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(name_prefix)) continue;
    pid_t maker = 0;
    std::from_chars(name.data() + name_prefix.size(), name.data() + name.size(), maker);
    if (maker > 0 && ::kill(maker, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

/// Gives the new group what limits the old one. @return the file for which that failed; empty for none
std::string copy_limits(const fs::path& from, const fs::path& to) {
  for (const char* file : {"memory.max", "memory.high", "memory.swap.max", "pids.max", "cpu.max",
                           "cpu.weight", "cpuset.cpus", "cpuset.mems"}) {
    std::error_code ignored;
    const std::string limit = first_line(from / file);
    if (limit.empty() || limit.starts_with("max")) continue;
    if (!write_line(to / file, limit)) return file;
  }
  return {};
}

/// The folder in which a group of version 2 can be made. @return empty, with the reason, where none can
fs::path parent_for_version_2(const Place& place, std::string& absence) {
  const auto hands_memory_down = [](const fs::path& group) {
    return has_word(first_line(group / "cgroup.subtree_control"), "memory");
  };
  if (hands_memory_down(place.own)) return place.own;
  if (place.is_root) {
    if (write_line(place.own / "cgroup.subtree_control", "+memory") && hands_memory_down(place.own))
      return place.own;
    absence = fmt::format("{} does not hand the memory controller to its children", place.own.string());
    return {};
  }
  if (hands_memory_down(place.own.parent_path())) return place.own.parent_path();
  absence = fmt::format("neither {} nor its parent hands the memory controller to its children",
                        place.own.string());
  return {};
}

std::optional<std::int64_t> number_in(const fs::path& file) {
  std::int64_t number = 0;
  std::ifstream in{file};
  if (!(in >> number)) return std::nullopt;
  return number;
}

/// The number behind a key of a file such as memory.events.
std::int64_t number_after(const fs::path& file, std::string_view key) {
  std::ifstream in{file};
  std::string found;
  std::int64_t number = 0;
  while (in >> found >> number)
    if (found == key) return number;
  return 0;
}

}  // namespace

std::optional<ControlGroup> ControlGroup::make(const fs::path& own, const std::string& name,
                                               std::string& absence) {
  absence = "no control group with the memory controller is mounted";
  for (const int version : {2, 1}) {
    const auto place = find_place(own, version);
    if (!place) continue;
    const fs::path parent = version == 1 ? place->own : parent_for_version_2(*place, absence);
    if (parent.empty()) continue;
    remove_leftovers(parent);
    const fs::path folder = parent / name;
    if (::mkdir(folder.c_str(), 0755) != 0) {
      absence = fmt::format("cannot make {}: {}", folder.string(), std::strerror(errno));
      continue;
    }
    const std::string unlimited = version == 2 && parent != place->own ? copy_limits(place->own, folder) : "";
    if (unlimited.empty()) {
      absence.clear();
      return ControlGroup{folder, version};
    }
    ::rmdir(folder.c_str());
    absence = fmt::format("the limit {} of {} cannot be given to a group of the command's own", unlimited,
                          place->own.string());
  }
  return std::nullopt;
}

ControlGroup::~ControlGroup() {
  if (!folder_.empty()) ::rmdir(folder_.c_str());
}

std::optional<Bytes> ControlGroup::peak() const {
  const auto count = number_in(folder_ / counter());
  return count ? std::optional{Bytes{*count}} : std::nullopt;
}

std::string ControlGroup::counter() const {
  return version_ == 2 ? "memory.peak" : "memory.max_usage_in_bytes";
}

std::int64_t ControlGroup::killed_for_memory() const {
  return number_after(folder_ / (version_ == 2 ? "memory.events" : "memory.oom_control"), "oom_kill");
}

std::string control_group_name() { return fmt::format("{}{}", name_prefix, ::getpid()); }

Bytes charge_slack() {
  constexpr std::int64_t batch = 64;
  const std::int64_t processors = std::max<std::int64_t>(1, ::sysconf(_SC_NPROCESSORS_ONLN));
  return Bytes{checked_product({batch, processors, ::sysconf(_SC_PAGESIZE)})};
}

}  // namespace calibram
