// SPDX-License-Identifier: MIT
// The processes of a command as /proc lists them: what is left to ask where the kernel sends no word.
#pragma once

#include "src/core/bytes.hpp"

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace calibram {

struct ListedProcess {
  pid_t pid = 0, parent = 0;
};

/// The descendants of a process that are alive, parents before children.
std::vector<ListedProcess> descendants(pid_t root);

/// A process's resident memory now, and its high-water mark since its last exec.
struct ResidentReading {
  Bytes now, mark;
};

/// Absent when it has ended.
std::optional<ResidentReading> read_resident(pid_t process);

/// The program's name as the kernel keeps it; empty when it has ended.
std::string process_name(pid_t process);

}  // namespace calibram
