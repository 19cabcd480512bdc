// SPDX-License-Identifier: MIT
// What the kernel tells of processes as they begin and end, without touching them.
#pragma once

#include "bench/watch/process_tree.hpp"
#include "src/core/file.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace calibram {

/// The process connector (fork, exec and exit with their times; since Linux 6.6 for everybody) and, for those
/// with CAP_NET_ADMIN, the taskstats of each thread that ends (with its process's high-water mark). Both are
/// messages of the whole machine; the tree takes its own.
class ProcessEvents {
 public:
  /// @return null where the kernel does not say, or not to us
  static std::unique_ptr<ProcessEvents> open();

  /// -1 among them does no harm to poll.
  std::vector<int> descriptors() const { return {events_.number(), marks_.number()}; }

  /// Whether marks come with the ends.
  bool has_marks() const noexcept { return marks_.number() >= 0; }

  /// Hands over all that has come.
  void read_into(ProcessTree& tree);

  /// Whether messages came faster than they were read; then processes may be missing.
  bool has_lost_some() const noexcept { return has_lost_some_; }

 private:
  ProcessEvents(FileDescriptor events, FileDescriptor marks)
      : events_{std::move(events)}, marks_{std::move(marks)} {}

  FileDescriptor events_, marks_;
  bool has_lost_some_ = false;
};

}  // namespace calibram
