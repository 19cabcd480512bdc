// SPDX-License-Identifier: MIT
// The demands of the operations on a cache: appending, copying, expanding, attention.
#include "kernels/cache_rows.hpp"
#include "kernels/checks.hpp"

namespace calibram {
namespace {

/// A cache is either contiguous, or whole blocks with a table of them.
void check_blocks(const KvCache& cache, StepShape step, std::string_view operation) {
  if (cache.block_tokens == 0) return;
  require_element(cache.blocks, {Element::int32}, operation);
  require(cache.block_tokens > 0 && cache.capacity % cache.block_tokens == 0 &&
              element_count(cache.blocks) == step.batch * (cache.capacity / cache.block_tokens),
          operation, "the table of blocks has another shape than sequences and capacity");
}

void check_scales(const Tensor& entries, const Tensor& scales) {
  if (entries.element != Element::int8) return;
  require_element(scales, {Element::fp32}, "append");
  const std::int64_t heads = entries.rows > 0 ? element_count(scales) / entries.rows : 0;
  require(heads > 0 && element_count(scales) == heads * entries.rows && entries.columns % heads == 0 &&
              entries.columns / heads <= largest_head_size,
          "append", "an INT8 cache needs one scale per position and KV head");
}

void check_append(const Tensor& from, StepShape step, const Tensor& entries, const Tensor& scales,
                  std::int64_t capacity) {
  require_float(from, "append");
  require_element(entries, {Element::fp32, Element::fp16, Element::int8}, "append");
  check_scales(entries, scales);
  require(
      from.rows == step.rows() && from.columns == entries.columns && entries.rows == step.batch * capacity,
      "append", "the shapes of step, keys, values and cache do not go together");
  require(step.tokens > 0 && step.start >= 0 && step.length() <= capacity, "append",
          "the step's positions are not all in the cache");
}

void check_copy(const Tensor& from, std::int64_t from_capacity, const Tensor& to, std::int64_t to_capacity) {
  if (from.empty() && to.empty()) return;
  require(from.element == to.element && from.columns == to.columns && from.rows % from_capacity == 0 &&
              to.rows % to_capacity == 0 && from.rows / from_capacity == to.rows / to_capacity,
          "copy_cache", "the caches differ in format, heads or sequences");
}

void check_entries(const CachePart& part, std::int64_t capacity, const Attention& attention, StepShape step,
                   std::string_view operation) {
  const Tensor& entries = part.entries;
  require_element(entries, {Element::fp32, Element::fp16, Element::int8}, operation);
  require(entries.columns == attention.kv_heads * part.stride && entries.rows == step.batch * capacity,
          operation, "the cache has another shape than its heads and capacity");
  if (entries.element != Element::int8) return;
  require_element(part.scales, {Element::fp32}, operation);
  require(element_count(part.scales) == entries.rows * attention.kv_heads, operation,
          "an INT8 cache needs one scale per position and KV head");
}

/// What attention reads, and when.
void check_cache(const Attention& attention, const KvCache& cache, StepShape step,
                 std::string_view operation) {
  const std::int64_t size = attention.value_elements();
  require(attention.kv_heads > 0 && attention.heads > 0 && attention.heads % attention.kv_heads == 0,
          operation, "the KV heads do not divide the heads");
  require(attention.head_size > 0 && attention.head_size <= largest_head_size, operation,
          "heads have 1 to 1024 elements");
  require(size > 0 && size <= largest_value_size && (!cache.values.empty() || size <= attention.head_size),
          operation,
          "heads of values have 1 to 512 elements, and no more than keys where they are part of these");
  require(!attention.window || *attention.window > 0, operation, "a window has at least one position");
  require(!attention.chunk || *attention.chunk > 0, operation, "a chunk has at least one position");
  require(step.batch > 0 && step.tokens > 0 && step.start >= 0 && step.length() <= cache.capacity, operation,
          "the step's positions are not all in the cache");
  check_entries(keys_in(cache, attention), cache.capacity, attention, step, operation);
  check_entries(values_in(cache, attention), cache.capacity, attention, step, operation);
  check_blocks(cache, step, operation);
}

void check_heads(const Tensor& heads, std::int64_t columns, StepShape step, std::string_view operation) {
  require_float(heads, operation);
  require(heads.rows == step.rows() && heads.columns == columns, operation,
          "the rows of heads have another shape than the step and the attention");
}

}  // namespace

void check_append(const Tensor& keys, const Tensor& values, StepShape step, const KvCache& cache) {
  check_append(keys, step, cache.keys, cache.key_scales, cache.capacity);
  require(values.empty() == cache.values.empty(), "append", "there are values, or room for them, alone");
  if (!values.empty()) check_append(values, step, cache.values, cache.value_scales, cache.capacity);
  check_blocks(cache, step, "append");
}

void check_copy_cache(const KvCache& from, std::int64_t positions, const KvCache& to) {
  require(positions > 0 && positions <= from.capacity && positions <= to.capacity, "copy_cache",
          "a cache is shorter than what is to be copied");
  require(from.block_tokens == 0 && to.block_tokens == 0, "copy_cache", "a paged cache is never copied");
  check_copy(from.keys, from.capacity, to.keys, to.capacity);
  check_copy(from.values, from.capacity, to.values, to.capacity);
  check_copy(from.key_scales, from.capacity, to.key_scales, to.capacity);
  check_copy(from.value_scales, from.capacity, to.value_scales, to.capacity);
}

void check_expand_heads(const Attention& attention, const Tensor& x, const Tensor& out) {
  const std::int64_t size = attention.kv_heads > 0 ? x.columns / attention.kv_heads : 0;
  require(x.element == out.element && x.rows == out.rows && size > 0 &&
              x.columns == attention.kv_heads * size && out.columns == attention.heads * size,
          "expand_heads", "the shapes of keys and heads do not go together");
}

void check_queries(const Attention& attention, const Tensor& queries, const KvCache& cache, StepShape step,
                   std::string_view operation) {
  check_cache(attention, cache, step, operation);
  check_heads(queries, attention.heads * attention.head_size, step, operation);
}

void check_mixed(const Attention& attention, const Tensor& mixed, const KvCache& cache, StepShape step,
                 std::string_view operation) {
  check_cache(attention, cache, step, operation);
  check_heads(mixed, attention.heads * attention.value_elements(), step, operation);
}

void check_sinks(const Tensor& sinks, std::int64_t heads, std::string_view operation) {
  if (!sinks.empty()) require_vector(sinks, heads, operation);
}

void check_scores(const Attention& attention, const Tensor& scores, StepShape step,
                  std::string_view operation) {
  require_float(scores, operation);
  require(scores.rows == step.rows() * attention.heads && scores.columns == step.length(), operation,
          "the score matrix is not [batch * heads * tokens, length]");
}

}  // namespace calibram
