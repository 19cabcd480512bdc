// SPDX-License-Identifier: MIT
// The sizes that llama.cpp makes of what it was asked for: context, batches, cells of the cache.
#pragma once

#include "src/engine/llama_cpp/settings.hpp"

#include <cstdint>

namespace calibram::llama_cpp {

/// What a context has, after clamping and padding. Source: llama.cpp src/llama-context.cpp, llama_context().
struct ContextSizes {
  std::int64_t context = 0;  ///< of all sequences (n_ctx)
  std::int64_t streams = 1;  ///< caches kept apart
  std::int64_t cells = 0;    ///< of each
  std::int64_t n_batch = 0;
  std::int64_t micro_batch = 0;  ///< tokens of a pass at most, before they are made even

  bool operator==(const ContextSizes&) const = default;
};
ContextSizes context_sizes(const LlamaCppSettings& settings, std::int64_t asked_context);

/// Cells of one stream of a layer that sees `window` positions. Source: src/llama-kv-cache-iswa.cpp
std::int64_t windowed_cells(const LlamaCppSettings& settings, const ContextSizes& sizes, std::int64_t window);

}  // namespace calibram::llama_cpp
