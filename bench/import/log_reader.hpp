// SPDX-License-Identifier: MIT
// What reads the log of one engine, and what each start of the engine in it gave.
#pragma once

#include "bench/import/log_lines.hpp"
#include "bench/import/reading.hpp"

#include <memory>
#include <vector>

namespace calibram {

class LogReader {
 public:
  virtual ~LogReader() = default;
  virtual void read(const LogLine& line) = 0;
  /// Every start of the engine, in the log's order. Ends the reading.
  virtual std::vector<Reading> finish() = 0;
};

std::unique_ptr<LogReader> vllm_log();
std::unique_ptr<LogReader> llama_cpp_log();
/// What torch.cuda.memory_summary() prints.
std::unique_ptr<LogReader> torch_summary();

}  // namespace calibram
