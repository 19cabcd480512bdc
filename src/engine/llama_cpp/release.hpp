// SPDX-License-Identifier: MIT
// The versions of llama.cpp: a number of the build, a date or a release, and what each of them does.
#pragma once

#include <cstdint>
#include <string_view>

namespace calibram::llama_cpp {

/// Builds between which everything here behaves alike. Dates are written 20250520.
struct Release {
  std::int64_t first_date = 0, last_date = 0;
  std::int64_t first_build = 0, last_build = 0;
  bool pads_by_attention = false;  ///< cells to 256 with flash attention, to 32 without; otherwise to 256
  bool has_windowed_cache = false;
  bool has_streams = false;       ///< caches of sequences can be kept apart (kv_unified=off)
  bool flash_by_default = false;  ///< flash_attn=auto is the default
  std::int64_t graph_from = 0;    ///< from this date on the graph of a micro-batch is known; 0: nowhere
  std::string_view source;
};

/// The release that `version` ("b6000", "2026-09-28", "v0.5.0"; empty: the newest) falls in, and its date
/// where it is known.
struct DatedRelease {
  const Release* release = nullptr;
  bool graph_is_known = false;
};
/// @throws InputError naming the known ranges
DatedRelease release_of(std::string_view runtime, std::string_view version);

std::string_view known_releases();

}  // namespace calibram::llama_cpp
