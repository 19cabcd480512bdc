// SPDX-License-Identifier: MIT
// Which device holds which layer, and the bytes of weights and cache that follow.
#pragma once

#include "src/core/bytes.hpp"
#include "src/engine/llama_cpp/cells.hpp"
#include "src/engine/question.hpp"

#include <cstdint>
#include <vector>

namespace calibram::llama_cpp {

inline constexpr std::int64_t host_alignment = 32;   ///< TENSOR_ALIGNMENT of ggml/src/ggml-impl.h
inline constexpr std::int64_t card_alignment = 128;  ///< ggml_backend_cuda_buffer_type_get_alignment

/// Devices are cards first and the host last; without cards the host is the only one.
struct Placement {
  std::vector<std::size_t> layers;  ///< the device of each
  std::size_t head = 0;             ///< that of the final norm and the head
  std::size_t host = 0;
  bool has_cards = false;

  std::size_t devices() const { return host + 1; }
};

/// The last n_gpu_layers layers go to the cards, the head counted as one more, by the shares of the cards.
/// Source: llama.cpp src/llama-model.cpp, load_tensors: get_layer_buft_list
Placement place(const Model& model, const LlamaCppSettings& settings, int cards);

/// Weights by device. The embedding stays on the host, and a tied head on a card is a copy of it.
std::vector<Bytes> weights_by_device(const Question& question, const Placement& placement);

/// The cache by device: keys and values are where their layer is.
std::vector<Bytes> cache_by_device(const Question& question, const LlamaCppSettings& settings,
                                   const ContextSizes& sizes, const Placement& placement);

/// Formats of keys and values.
const Format& key_format(const Question& question, const LlamaCppSettings& settings);
const Format& value_format(const Question& question, const LlamaCppSettings& settings);

}  // namespace calibram::llama_cpp
