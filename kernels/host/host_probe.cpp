// SPDX-License-Identifier: MIT
// Reads /proc and the control groups.
#include "kernels/host/host_probe.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace calibram {
namespace {

namespace fs = std::filesystem;

/// The value of "Key:   123 kB" in a /proc file.
std::optional<Bytes> kibibytes_of(const char* file, std::string_view key) {
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    if (line.size() <= key.size() || line.compare(0, key.size(), key) != 0 || line[key.size()] != ':')
      continue;
    const std::size_t digits = line.find_first_of("0123456789", key.size());
    if (digits == std::string::npos) return std::nullopt;
    std::int64_t count = 0;
    std::from_chars(line.data() + digits, line.data() + line.size(), count);
    return Bytes{1024} * count;
  }
  return std::nullopt;
}

std::optional<Bytes> count_in(const fs::path& file) {
  std::ifstream in{file};
  std::int64_t count = 0;
  if (!(in >> count)) return std::nullopt;  // "max" where there is no limit
  return Bytes{count};
}

/// A control group that limits this process: its limit and what is left of it.
struct Cgroup {
  Bytes limit, left;
};

/// The part of a group's charge that the kernel gives back before it runs out: clean page cache.
Bytes reclaimable(const fs::path& group) {
  std::ifstream in{group / "memory.stat"};
  std::string key;
  std::int64_t count = 0;
  while (in >> key >> count)
    if (key == "inactive_file" || key == "total_inactive_file") return Bytes{count};
  return Bytes{};
}

std::optional<Cgroup> group_limit(const fs::path& group, const char* limit_file, const char* usage_file) {
  const auto limit = count_in(group / limit_file);
  const auto usage = count_in(group / usage_file);
  if (!limit || !usage) return std::nullopt;
  return Cgroup{*limit, std::max(Bytes{}, *limit - *usage + std::min(*usage, reclaimable(group)))};
}

/// The groups of this process and their parents, version 2 and version 1, as mounted in the usual places.
std::vector<Cgroup> cgroup_limits() {
  std::vector<Cgroup> limits;
  std::ifstream in{"/proc/self/cgroup"};
  for (std::string line; std::getline(in, line);) {  // "0::/path" or "4:memory:/path"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool v2 = controllers.empty();
    if (!v2 && controllers != "memory") continue;
    const fs::path root = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    // Inside a container the path may name the host's tree; then only the root is there.
    for (fs::path path = fs::path{line.substr(second + 1)}.relative_path();; path = path.parent_path()) {
      const auto limit = v2 ? group_limit(root / path, "memory.max", "memory.current")
                            : group_limit(root / path, "memory.limit_in_bytes", "memory.usage_in_bytes");
      if (limit) limits.push_back(*limit);
      if (path.empty()) break;
    }
  }
  return limits;
}

std::string processor_name() {
  std::ifstream in{"/proc/cpuinfo"};
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
    if (value != std::string::npos) return line.substr(value);
  }
  utsname names{};
  return ::uname(&names) == 0 ? std::string{names.machine} + " processor" : "unknown processor";
}

HostMachine read_machine() {
  utsname names{};
  const bool is_known = ::uname(&names) == 0;
  const std::string kernel = is_known ? std::string{names.sysname} + " " + names.release : "unknown kernel";
  Bytes total = kibibytes_of("/proc/meminfo", "MemTotal").value_or(Bytes{});
  for (const Cgroup& group : cgroup_limits()) total = std::min(total, group.limit);
  return {processor_name(), is_known ? names.nodename : "", kernel, total};
}

}  // namespace

HostReading read_host() {
  const std::optional<Bytes> peak = kibibytes_of("/proc/self/status", "VmHWM");
  std::optional<Bytes> resident = kibibytes_of("/proc/self/smaps_rollup", "Rss");
  if (!resident) resident = kibibytes_of("/proc/self/status", "VmRSS");
  if (!peak || !resident)
    throw Error{"cannot read this process's resident memory", "/proc/self/status has no VmHWM or VmRSS",
                "mount /proc"};
  return {*resident, *peak, kibibytes_of("/proc/self/status", "VmSwap").value_or(Bytes{})};
}

bool reset_peak() noexcept {
  const int file = ::open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::write(file, "5", 1) == 1;
  ::close(file);
  return done;
}

Bytes resident_counter_slack() {
  const std::int64_t processors = std::max<std::int64_t>(1, ::sysconf(_SC_NPROCESSORS_ONLN));
  const std::int64_t batch = std::max<std::int64_t>(32, 2 * processors);
  constexpr std::int64_t counters = 3;
  return Bytes{checked_product({counters, processors, batch, ::sysconf(_SC_PAGESIZE)})};
}

const HostMachine& describe_host() {
  static const HostMachine machine = read_machine();
  return machine;
}

Bytes available_host_memory() {
  Bytes available = kibibytes_of("/proc/meminfo", "MemAvailable").value_or(Bytes{});
  for (const Cgroup& group : cgroup_limits()) available = std::min(available, group.left);
  return available;
}

}  // namespace calibram
