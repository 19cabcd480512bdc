// SPDX-License-Identifier: MIT
// One model that llama.cpp loaded and one context on it: settings, buffers, and the rows they make.
#pragma once

#include "bench/import/reading.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// Bytes by buffer: "CUDA0", "CPU_Mapped".
using Buffers = std::map<std::string, Quantity>;

struct LlamaCppStart {
  std::map<std::string, std::string, std::less<>> settings{};  ///< by llama.cpp's names
  std::map<std::string, std::string> device_names{};           ///< by id: "CUDA0"
  Buffers weights{}, kv{}, compute{}, output{};
  Buffers table_weights{}, table_kv{}, table_compute{};  ///< of the table at the end, in whole MiB
  std::vector<std::string> remarks{};
  std::string out_of_memory{};
  std::int64_t first_line = 0, last_line = 0;
  bool is_projected = false;  ///< nothing was allocated

  bool has_context() const { return settings.contains("n_seq_max"); }
  std::string setting(std::string_view name) const;
  void see_line(std::int64_t line);

  /// The next context on the same model.
  LlamaCppStart next_context() const;

  /// @param version  of the engine: "b6000" or "v0.5.0"; empty where unknown
  Reading reading(const std::string& version) const;
};

}  // namespace calibram
