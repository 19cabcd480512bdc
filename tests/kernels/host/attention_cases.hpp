// SPDX-License-Identifier: MIT
// What attention is tried with, and its textbook: plain loops in double precision.
#pragma once

#include "tests/kernels/host/host_test.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace calibram {

struct TextbookCase {
  std::int64_t heads, kv_heads, head_size;
  StepShape step;
  std::optional<std::int64_t> window;
  std::int64_t spare = 0;  ///< positions of the cache beyond the step
  std::optional<std::int64_t> chunk = {};
  std::int64_t value_size = 0;  ///< 0: as the keys
  bool latent = false;          ///< the values are the last elements of the keys
  bool has_sinks = false;

  std::int64_t value_elements() const { return value_size > 0 ? value_size : head_size; }
};

/// MHA, GQA and MQA; prefill, decode and continued prefill; one and several tiles (128 queries x 256 keys).
std::span<const TextbookCase> attention_cases();

std::string text(const TextbookCase& c);
Attention attention_of(const TextbookCase& c);

/// What every head gives: scores of all positions it sees, softmax, weighted sum.
Doubles textbook_attention(const TextbookCase& c, const Tensor& queries, const KvCache& cache,
                           const Tensor& sinks);

}  // namespace calibram
