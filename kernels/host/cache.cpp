// SPDX-License-Identifier: MIT
// Writing new keys and values into a cache, and copying a cache.
#include "kernels/cache_rows.hpp"
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/quantisation.hpp"
#include "kernels/host/scratch.hpp"

#include <cstring>

namespace calibram {
namespace {

/// Writes a row of all KV heads as INT8 with a scale for each.
void append_quantised(const Tensor& from, std::int64_t from_row, const Tensor& cache, const Tensor& scales,
                      std::int64_t row, float* line) {
  const std::int64_t heads = element_count(scales) / cache.rows, size = cache.columns / heads;
  for (std::int64_t head = 0; head < heads; ++head) {
    load(from, from_row * from.columns + head * size, size, line);
    const float scale = magnitude(line, size) / int8_steps;
    quantise_part(line, size, scale, elements<std::int8_t>(cache) + row * cache.columns + head * size);
    elements<float>(scales)[row * heads + head] = scale;
  }
}

void append_row(const Tensor& from, std::int64_t from_row, const Tensor& cache, const Tensor& scales,
                std::int64_t row, float* line) {
  if (cache.element == Element::int8) return append_quantised(from, from_row, cache, scales, row, line);
  for_each_part(cache.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
    load(from, from_row * from.columns + first, count, line);
    store(line, count, cache, row * cache.columns + first);
  });
}

/// Copies the first positions of every sequence from one part of a cache into another.
void copy_part(const Tensor& from, std::int64_t from_capacity, std::int64_t positions, const Tensor& to,
               std::int64_t to_capacity) {
  if (from.empty() && to.empty()) return;
  const std::int64_t row_bytes = from.columns * element_bytes(from.element);
  for (std::int64_t sequence = 0; sequence < from.rows / from_capacity; ++sequence)
    std::memcpy(elements<std::byte>(to) + sequence * to_capacity * row_bytes,
                elements<const std::byte>(from) + sequence * from_capacity * row_bytes,
                static_cast<std::size_t>(positions * row_bytes));
}

}  // namespace

void HostOps::append(const Tensor& keys, const Tensor& values, StepShape step, KvCache& cache) {
  check_append(keys, values, step, cache);
  const CacheRows rows = rows_of(cache);
  float* line = scratch_->line.data();
  for (std::int64_t row = 0; row < step.rows(); ++row) {
    const std::int64_t place = rows.row(row / step.tokens, step.start + row % step.tokens);
    append_row(keys, row, cache.keys, cache.key_scales, place, line);
    if (!values.empty()) append_row(values, row, cache.values, cache.value_scales, place, line);
  }
}

void HostOps::copy_cache(const KvCache& from, std::int64_t positions, KvCache& to) {
  if (positions == 0) return;
  check_copy_cache(from, positions, to);
  copy_part(from.keys, from.capacity, positions, to.keys, to.capacity);
  copy_part(from.values, from.capacity, positions, to.values, to.capacity);
  copy_part(from.key_scales, from.capacity, positions, to.key_scales, to.capacity);
  copy_part(from.value_scales, from.capacity, positions, to.value_scales, to.capacity);
}

void HostOps::expand_heads(const Attention& attention, const Tensor& x, Tensor& out) {
  check_expand_heads(attention, x, out);
  const std::int64_t group = attention.heads / attention.kv_heads;
  const std::int64_t head_bytes = x.columns / attention.kv_heads * element_bytes(x.element);
  const std::int64_t row_bytes = attention.kv_heads * head_bytes;
  for (std::int64_t row = 0; row < x.rows; ++row)
    for (std::int64_t head = 0; head < attention.heads; ++head)
      std::memcpy(elements<std::byte>(out) + (row * attention.heads + head) * head_bytes,
                  elements<const std::byte>(x) + row * row_bytes + head / group * head_bytes,
                  static_cast<std::size_t>(head_bytes));
}

}  // namespace calibram
