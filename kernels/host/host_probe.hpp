// SPDX-License-Identifier: MIT
// What the kernel says of this process's resident memory, and of the machine.
#pragma once

#include "src/core/bytes.hpp"

#include <optional>
#include <string>

namespace calibram {

/// One look at the calling process.
struct HostReading {
  Bytes resident;  ///< now, from smaps_rollup, which walks the page tables and is exact; else VmRSS
  Bytes peak;      ///< VmHWM: the high-water mark since the process began, or since reset_peak()
  Bytes swapped;   ///< VmSwap: what the kernel pushed out, which no resident counter sees
};

/// @throws Error when /proc does not give the figures
HostReading read_host();

/// Resets VmHWM through /proc/self/clear_refs; false where the kernel or a container forbids it.
bool reset_peak() noexcept;

/// How far VmHWM may be off: since Linux 6.2 each of the three resident counters (file, anonymous, shared)
/// is summed per processor in batches of max(32, 2 x processors) pages (lib/percpu_counter.c).
Bytes resident_counter_slack();

struct HostMachine {
  std::string name;    ///< of the processor
  std::string host;    ///< the machine's own name
  std::string kernel;  ///< "Linux 6.1.0": what `driver` is to a GPU
  Bytes total;         ///< memory that this process can use: the machine's, or a smaller cgroup limit
};

/// Read once: a process stays on its machine.
const HostMachine& describe_host();

/// What may be taken now without pushing anything into swap: MemAvailable, or what a cgroup leaves.
Bytes available_host_memory();

}  // namespace calibram
