// SPDX-License-Identifier: MIT
// The processes of a command: when each lived, its high-water mark, and what they can have held together.
#pragma once

#include "src/core/bytes.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include <sys/types.h>

namespace calibram {

/// Nanoseconds of the monotonic clock.
using Nanoseconds = std::int64_t;

/// Between these lies the peak over time of the sum of resident memory, as "ps" shows it: what two processes
/// share counts twice.
struct TreeBounds {
  Bytes lower, upper;
};

/// What processes of these readings held together, at least: the kernel adds up its counters now and then
/// only, so that each reading may be too high by the slack.
Bytes held_at_least(std::span<const Bytes> readings, Bytes slack);

/// Fed with what is known, in any order of processes but in the order of time for each.
class ProcessTree {
 public:
  /// @param root  the launcher, which is not part of the tree. @param root_mark  its own high-water mark,
  /// with which its child begins
  ProcessTree(pid_t root, Bytes root_mark) : root_{root}, root_mark_{root_mark} {}

  /// Of a parent outside the tree nothing is kept.
  void forked(pid_t parent, pid_t child, Nanoseconds when);
  void execed(pid_t process, Nanoseconds when);
  void ended(pid_t process, Nanoseconds when);
  /// One of its threads has ended; where the first thread ended before, the process lived until now.
  void thread_ended(pid_t process, Nanoseconds when);
  /// The high-water mark of what it runs now. Of a process outside the tree nothing is kept.
  void mark(pid_t process, Bytes mark);
  /// The same while it runs: it may grow until it ends or exec takes the mark away.
  void mark_so_far(pid_t process, Bytes mark, Nanoseconds when);

  std::size_t size() const noexcept { return processes_.size(); }
  std::vector<pid_t> alive() const;

  /// @param most  what no process can have had more of; the highest mark known, at least
  TreeBounds bounds(Bytes most) const;

 private:
  /// What a process runs between two exec.
  struct Image {
    Nanoseconds begin = 0;
    std::optional<Nanoseconds> end{};
    std::optional<Bytes> mark{};    ///< absent when exec took it away
    std::optional<Bytes> so_far{};  ///< at the last look
    Nanoseconds looked = 0;
  };

  struct Process {
    pid_t pid = 0;
    Bytes inherited;  ///< what fork copied, at most: bounds the first image when its mark is absent
    std::optional<std::size_t> parent{};
    std::vector<Image> images;
  };

  struct Step;

  Process* find(pid_t pid);
  std::vector<Step> steps(Bytes most) const;
  Bytes largest(const Process& process, std::size_t image, Bytes most) const;

  pid_t root_;
  Bytes root_mark_;
  std::vector<Process> processes_;                   ///< parents before children
  std::unordered_map<pid_t, std::size_t> by_pid_{};  ///< the newest process of each number
};

}  // namespace calibram
