// SPDX-License-Identifier: MIT
// Reads /proc/PID/stat and status.
#include "bench/watch/tree_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace calibram {
namespace {

/// A file of /proc/PID, as far as it fits; empty when the process has ended.
std::string read_of(pid_t process, const char* file) {
  std::array<char, 4096> buffer;
  const int descriptor = ::open(fmt::format("/proc/{}/{}", process, file).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
  ::close(descriptor);
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(0, size))};
}

/// From "pid (name) state parent ...", where the name may hold anything; 0 for one that has ended.
pid_t living_parent(const std::string& stat) {
  const std::size_t end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos || stat.size() < end_of_name + 5) return 0;
  const char state = stat[end_of_name + 2];
  if (state == 'Z' || state == 'X') return 0;
  return std::atoi(stat.c_str() + end_of_name + 4);
}

std::vector<ListedProcess> all_processes() {
  std::vector<ListedProcess> processes;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return processes;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name{entry->d_name};
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{}) continue;
    if (const pid_t parent = living_parent(read_of(pid, "stat"))) processes.push_back({pid, parent});
  }
  ::closedir(folder);
  return processes;
}

/// The bytes behind a key of /proc/PID/status, which gives kilobytes.
std::optional<Bytes> kilobytes_after(const std::string& status, std::string_view key) {
  const std::size_t found = status.find(key);
  if (found == std::string::npos) return std::nullopt;
  return Bytes{1024} * std::strtoll(status.c_str() + found + key.size(), nullptr, 10);
}

/// The children of a process by its threads' files of that name, which not every kernel has
/// (CONFIG_PROC_CHILDREN).
void add_children(pid_t parent, std::vector<ListedProcess>& found) {
  DIR* folder = ::opendir(fmt::format("/proc/{}/task", parent).c_str());
  if (folder == nullptr) return;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    const std::string children = read_of(parent, fmt::format("task/{}/children", entry->d_name).c_str());
    const char* at = children.data();
    const char* const end = at + children.size();
    for (pid_t child = 0; std::from_chars(at, end, child).ec == std::errc{};) {
      if (living_parent(read_of(child, "stat")) != 0) found.push_back({child, parent});
      at = std::find(at, end, ' ');
      if (at != end) ++at;
    }
  }
  ::closedir(folder);
}

/// The same from a list of all processes.
void add_children(pid_t parent, const std::multimap<pid_t, pid_t>& children,
                  std::vector<ListedProcess>& found) {
  const auto [begin, end] = children.equal_range(parent);
  for (auto child = begin; child != end; ++child) found.push_back({child->second, parent});
}

}  // namespace

std::vector<ListedProcess> descendants(pid_t root) {
  static const bool has_children_files =
      ::access(fmt::format("/proc/self/task/{}/children", ::getpid()).c_str(), R_OK) == 0;
  std::multimap<pid_t, pid_t> children;
  if (!has_children_files)
    for (const ListedProcess& process : all_processes()) children.emplace(process.parent, process.pid);
  std::vector<ListedProcess> found;
  const auto add = [&](pid_t parent) {
    has_children_files ? add_children(parent, found) : add_children(parent, children, found);
  };
  add(root);
  for (std::size_t i = 0; i < found.size(); ++i) add(found[i].pid);
  return found;
}

std::optional<ResidentReading> read_resident(pid_t process) {
  // Not statm: since Linux 6.16 only `status` adds up all processors' counters.
  const std::string status = read_of(process, "status");
  const auto now = kilobytes_after(status, "\nVmRSS:"), mark = kilobytes_after(status, "\nVmHWM:");
  if (!now || !mark) return std::nullopt;
  return ResidentReading{*now, *mark};
}

std::string process_name(pid_t process) {
  std::string name = read_of(process, "comm");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

}  // namespace calibram
