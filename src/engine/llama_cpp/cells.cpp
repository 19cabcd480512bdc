// SPDX-License-Identifier: MIT
// Pads and clamps as llama.cpp does.
#include "src/engine/llama_cpp/cells.hpp"

#include "src/core/bytes.hpp"

#include <algorithm>

namespace calibram::llama_cpp {
namespace {

constexpr std::int64_t cell_multiple = 256;
constexpr std::int64_t small_cell_multiple = 32;  ///< without flash attention, until 2025-10

std::int64_t multiple(const LlamaCppSettings& settings) {
  return settings.release->pads_by_attention && !settings.flash_attention ? small_cell_multiple
                                                                          : cell_multiple;
}

}  // namespace

ContextSizes context_sizes(const LlamaCppSettings& settings, std::int64_t asked_context) {
  ContextSizes sizes;
  const std::int64_t step = multiple(settings);
  // The batch is clamped by the context before that is padded.
  sizes.n_batch = std::min(settings.n_batch, asked_context);
  const std::int64_t padded = round_up(asked_context, step);
  sizes.streams = settings.kv_unified ? 1 : settings.parallel;
  sizes.cells = sizes.streams == 1 ? padded : round_up(padded / settings.parallel, step);
  sizes.context = checked_product({sizes.cells, sizes.streams});
  sizes.micro_batch = std::min({settings.n_ubatch, sizes.n_batch, sizes.context});
  return sizes;
}

std::int64_t windowed_cells(const LlamaCppSettings& settings, const ContextSizes& sizes,
                            std::int64_t window) {
  if (settings.swa_full || !settings.release->has_windowed_cache) return sizes.cells;
  const std::int64_t seen = checked_product({window, settings.kv_unified ? settings.parallel : 1});
  const std::int64_t batch = std::min(settings.n_ubatch, sizes.n_batch);
  return std::min(sizes.cells, round_up(checked_sum(seen, batch), multiple(settings)));
}

}  // namespace calibram::llama_cpp
