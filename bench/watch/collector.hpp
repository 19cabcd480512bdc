// SPDX-License-Identifier: MIT
// Gathers what the kernel and the driver tell of a command's processes while they run.
#pragma once

#include "bench/watch/card_watch.hpp"
#include "bench/watch/process_events.hpp"
#include "bench/watch/process_tree.hpp"
#include "src/core/bytes.hpp"

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace calibram {

/// Now, on the monotonic clock.
Nanoseconds monotonic_now();

/// A look that is due again and again, and takes no more than a two-hundredth of the time.
class Timetable {
 public:
  static constexpr int milliseconds = 20;

  template <class Look>
  void look_if_due(const Look& look) {
    const Nanoseconds begin = monotonic_now();
    if (begin < due_) return;
    look();
    const Nanoseconds end = monotonic_now(), interval = milliseconds * Nanoseconds{1'000'000};
    due_ = end + std::max(interval, 200 * (end - begin));
  }

  Nanoseconds due() const noexcept { return due_; }

 private:
  Nanoseconds due_ = 0;
};

/// The peak of resident memory of all processes together.
struct ResidentPeak {
  TreeBounds bounds;
  std::size_t processes = 1;
  std::string counter;
};

/// Uses the kernel's messages where it sends them to us. Elsewhere it looks at /proc, which sees of a process
/// only what a look happens upon; the marks of ended processes are the kernel's all the same.
class Collector {
 public:
  /// @param launcher  the parent of the command, before that is started
  explicit Collector(pid_t launcher);

  /// Looks wherever that is due.
  void look();
  /// When to look again at the latest, and what to wait for until then.
  Nanoseconds due() const;
  std::vector<int> descriptors() const;

  /// A process has ended whose high-water mark, or that of one that it has waited for, was this.
  void reaped(Bytes peak) { most_ = std::max(most_, peak); }

  /// The last look, when all have ended or are no longer of interest.
  void finish();

  ResidentPeak resident() const;
  std::vector<CardPeak> cards() const { return cards_.peaks(Timetable::milliseconds); }
  const std::string& driver() const noexcept { return cards_.driver(); }

 private:
  void walk();
  void list_processes(Nanoseconds now);

  pid_t launcher_;
  ProcessTree tree_;
  std::unique_ptr<ProcessEvents> events_;
  CardWatch cards_;
  Timetable event_reads_, walks_, card_looks_;
  Nanoseconds last_walk_;
  Bytes most_;      ///< the highest mark of those that were waited for
  Bytes together_;  ///< the highest sum that was seen
};

}  // namespace calibram
