// SPDX-License-Identifier: MIT
// Access to the heads of caches, and the checks of what attention is given.
#include "kernels/host/attention.hpp"

#include "kernels/host/elements.hpp"
#include "kernels/host/scratch.hpp"

#include <algorithm>

namespace calibram {
namespace {

void require_half(const CacheHalf& half, const Attention& attention, StepShape step,
                  std::string_view operation) {
  require_element(half.entries, {Element::fp32, Element::fp16, Element::int8}, operation);
  require(half.entries.columns == attention.kv_heads * attention.head_size &&
              half.entries.rows == step.batch * half.capacity,
          operation, "the cache has another shape than its heads and capacity");
  if (half.entries.element != Element::int8) return;
  require_element(half.scales, {Element::fp32}, operation);
  require(element_count(half.scales) == half.entries.rows * attention.kv_heads, operation,
          "an INT8 cache needs one scale per position and KV head");
}

}  // namespace

Visible visible(const Attention& attention, std::int64_t position) {
  const std::int64_t first = attention.window ? position - *attention.window + 1 : 0;
  return {std::max(first, std::int64_t{0}), position + 1};
}

void load_positions(const CacheHalf& half, const Attention& attention, HeadPlace place, std::int64_t first,
                    std::int64_t count, float* to) {
  const std::int64_t size = attention.head_size;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = place.sequence * half.capacity + first + i;
    float* entry = to + i * size;
    load(half.entries, row * half.entries.columns + place.kv_head * size, size, entry);
    if (half.entries.element != Element::int8) continue;
    const float scale = elements<float>(half.scales)[row * attention.kv_heads + place.kv_head];
    for (std::int64_t j = 0; j < size; ++j) entry[j] *= scale;
  }
}

void require_attention(const Attention& attention, const Tensor& heads, const KvCache& cache, StepShape step,
                       std::string_view operation) {
  require(attention.kv_heads > 0 && attention.heads > 0 && attention.heads % attention.kv_heads == 0,
          operation, "the KV heads do not divide the heads");
  require(attention.head_size > 0 && attention.head_size <= tile_depth, operation,
          "heads have 1 to 512 elements");
  require(!attention.window || *attention.window > 0, operation, "a window has at least one position");
  require(step.batch > 0 && step.tokens > 0 && step.start >= 0 && step.length() <= cache.capacity, operation,
          "the step's positions are not all in the cache");
  require_float(heads, operation);
  require(heads.rows == step.rows() && heads.columns == attention.heads * attention.head_size, operation,
          "the rows of heads have another shape than the step and the attention");
  require_half(keys_of(cache), attention, step, operation);
  require_half(values_of(cache), attention, step, operation);
}

}  // namespace calibram
