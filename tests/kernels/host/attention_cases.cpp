// SPDX-License-Identifier: MIT
// The cases, and the loops.
#include "tests/kernels/host/attention_cases.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace calibram {
namespace {

const TextbookCase cases[] = {
    {2, 2, 64, {1, 5, 0}, {}},
    {4, 2, 80, {3, 5, 0}, {}, 7},
    {4, 1, 64, {1, 130, 0}, {}},
    {4, 2, 64, {3, 1, 300}, {}, 1},
    {4, 4, 80, {1, 1, 0}, {}},
    {2, 1, 17, {2, 130, 260}, {}, 3},
    {4, 2, 64, {1, 300, 0}, 33},
    {4, 2, 64, {2, 5, 600}, 300, 5},
    {2, 2, 64, {1, 130, 3}, 1},
    {1, 1, 512, {1, 3, 2}, {}},
    // Chunks, also beside a window; values of another size; latent caches; sinks.
    {4, 2, 64, {2, 130, 70}, {}, 3, 50},
    {2, 2, 64, {1, 70, 40}, 20, 0, 32},
    {4, 2, 24, {2, 140, 30}, {}, 2, {}, 40},
    {3, 3, 40, {1, 5, 300}, {}, 0, {}, 24},
    {5, 1, 576, {2, 60, 90}, {}, 1, {}, 512, true},
    {6, 2, 36, {1, 1, 260}, {}, 0, {}, 20, true},
    {4, 2, 64, {2, 70, 300}, {}, 1, {}, 0, false, true},
    {4, 4, 32, {1, 30, 10}, 8, 0, {}, 48, false, true},
};

/// The entries of a cache as real numbers.
Doubles real_entries(const Tensor& entries, const Tensor& scales, std::int64_t kv_heads) {
  Doubles values = read(entries);
  if (scales.empty()) return values;
  const Doubles factors = read(scales);
  const auto head_size = static_cast<std::size_t>(entries.columns / kv_heads);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= factors[i / head_size];
  return values;
}

/// What one head of one sequence attends to.
struct Seen {
  const Doubles &keys, &values;
  std::int64_t first_row, kv_head;

  const double* key(const TextbookCase& c, std::int64_t p) const {
    return keys.data() + ((first_row + p) * c.kv_heads + kv_head) * c.head_size;
  }
  const double* value(const TextbookCase& c, std::int64_t p) const {
    if (c.latent) return key(c, p) + c.head_size - c.value_elements();
    return values.data() + ((first_row + p) * c.kv_heads + kv_head) * c.value_elements();
  }
};

std::int64_t oldest_seen(const TextbookCase& c, std::int64_t position) {
  std::int64_t oldest = 0;
  if (c.window) oldest = std::max(oldest, position - *c.window + 1);
  if (c.chunk) oldest = std::max(oldest, position / *c.chunk * *c.chunk);
  return oldest;
}

/// One head of one token: scores of all positions it sees, softmax, weighted sum.
/// @param sink  null where there is none
void attend_one(const TextbookCase& c, const double* query, const Seen& seen, std::int64_t position,
                const double* sink, Doubles& out) {
  Doubles weights;
  double sum = sink ? std::exp(*sink) : 0;
  const std::int64_t oldest = oldest_seen(c, position);
  for (std::int64_t p = oldest; p <= position; ++p) {
    double dot = 0;
    for (std::int64_t i = 0; i < c.head_size; ++i) dot += query[i] * seen.key(c, p)[i];
    weights.push_back(std::exp(dot / std::sqrt(static_cast<double>(c.head_size))));
    sum += weights.back();
  }
  for (std::int64_t i = 0; i < c.value_elements(); ++i) {
    double mixed = 0;
    for (std::int64_t p = oldest; p <= position; ++p)
      mixed += weights[static_cast<std::size_t>(p - oldest)] / sum * seen.value(c, p)[i];
    out.push_back(mixed);
  }
}

}  // namespace

std::span<const TextbookCase> attention_cases() { return cases; }

std::string text(const TextbookCase& c) {
  std::ostringstream line;
  line << c.heads << ":" << c.kv_heads << " heads of " << c.head_size << ", batch " << c.step.batch
       << ", tokens " << c.step.tokens << " from " << c.step.start << ", window " << c.window.value_or(0)
       << ", chunk " << c.chunk.value_or(0) << ", values of " << c.value_elements()
       << (c.latent ? ", latent" : "") << (c.has_sinks ? ", sinks" : "");
  return line.str();
}

Attention attention_of(const TextbookCase& c) {
  Attention attention;
  attention.heads = c.heads;
  attention.kv_heads = c.kv_heads;
  attention.head_size = c.head_size;
  attention.window = c.window;
  attention.chunk = c.chunk;
  attention.value_size = c.value_size;
  return attention;
}

Doubles textbook_attention(const TextbookCase& c, const Tensor& queries, const KvCache& cache,
                           const Tensor& sinks) {
  const Doubles logits = read(sinks), q = read(queries),
                keys = real_entries(cache.keys, cache.key_scales, c.kv_heads);
  const Doubles values = real_entries(cache.values, cache.value_scales, c.kv_heads);
  Doubles out;
  for (std::int64_t s = 0; s < c.step.batch; ++s)
    for (std::int64_t t = 0; t < c.step.tokens; ++t)
      for (std::int64_t h = 0; h < c.heads; ++h)
        attend_one(c, q.data() + ((s * c.step.tokens + t) * c.heads + h) * c.head_size,
                   {keys, values, s * cache.capacity, h * c.kv_heads / c.heads}, c.step.start + t,
                   c.has_sinks ? &logits[static_cast<std::size_t>(h)] : nullptr, out);
  return out;
}

}  // namespace calibram
