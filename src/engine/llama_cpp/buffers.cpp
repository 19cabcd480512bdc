// SPDX-License-Identifier: MIT
// The buffers of weights and cache on each device.
#include "src/core/error.hpp"
#include "src/engine/cache_rules.hpp"
#include "src/engine/llama_cpp/architecture.hpp"
#include "src/engine/llama_cpp/placement.hpp"
#include "src/model/stored_tensor.hpp"
#include "src/model/weight_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram::llama_cpp {
namespace {

constexpr std::int64_t card_row_padding = 512;  ///< MATRIX_ROW_PADDING of ggml-cuda/common.cuh
constexpr std::int64_t state_width = 4;         ///< recurrent states are FP32

/// A tensor in a buffer of weights. On cards the last row of a quantised matrix is made whole.
Bytes placed_bytes(const StoredTensor& tensor, bool on_card) {
  if (!on_card) return Bytes{round_up(tensor.bytes.count(), host_alignment)};
  Bytes bytes = tensor.bytes;
  const std::int64_t row = tensor.shape.empty() ? 1 : tensor.shape.back();
  const std::int64_t rest = row % card_row_padding;
  if (tensor.type->block_elements > 1 && rest != 0)
    bytes += Bytes{(card_row_padding - rest) / tensor.type->block_elements * tensor.type->block_bytes};
  return Bytes{round_up(bytes.count(), card_alignment)};
}

/// By llama.cpp's names: src/llama-arch.cpp, LLM_TENSOR_INFOS.
bool is_input(std::string_view name) {
  return name.starts_with("token_embd") || name.starts_with("position_embd") ||
         name.starts_with("token_types") || name.starts_with("per_layer_token_embd");
}

class WeightSums {
 public:
  WeightSums(const Placement& placement) : placement_{placement}, sums_(placement.devices()) {}

  void add(const StoredTensor& tensor, bool is_tied) {
    if (const std::optional<std::int64_t> layer = layer_of(tensor.name)) {
      const auto at = static_cast<std::size_t>(*layer);
      return add_to(at < placement_.layers.size() ? placement_.layers[at] : placement_.host, tensor);
    }
    if (tensor.name.starts_with("rope_f")) return add_beside_layers(tensor);
    if (!is_input(tensor.name)) return add_to(placement_.head, tensor);
    add_to(placement_.host, tensor);
    if (is_tied && tensor.name == "token_embd.weight" && placement_.head != placement_.host)
      add_to(placement_.head, tensor);
  }

  std::vector<Bytes>& sums() { return sums_; }

 private:
  bool is_card(std::size_t device) const { return placement_.has_cards && device != placement_.host; }
  void add_to(std::size_t device, const StoredTensor& tensor) {
    sums_[device] += placed_bytes(tensor, is_card(device));
  }
  /// Factors of the rotation, which all layers read, once on each device with a layer.
  void add_beside_layers(const StoredTensor& tensor) {
    for (std::size_t device = 0; device < sums_.size(); ++device)
      if (std::find(placement_.layers.begin(), placement_.layers.end(), device) != placement_.layers.end())
        add_to(device, tensor);
  }

  const Placement& placement_;
  std::vector<Bytes> sums_;
};

/// Where no file is known: the tensors of the description.
std::vector<Bytes> described_weights(const Question& question, const Placement& placement) {
  const Model& model = *question.model;
  std::vector<Bytes> sums(placement.devices());
  std::size_t at = 0;
  for (const LayerRun& run : model.layers) {
    Bytes each;
    for (const WeightShape& shape : layer_weights(model, run.layer))
      each += weight_bytes(*question.weights, shape);
    for (std::int64_t i = 0; i < run.count; ++i) sums[placement.layers[at++]] += each;
  }
  for (const WeightShape& shape : outer_weights(model)) {
    const bool is_embedding = shape.name == WeightName::embedding;
    const bool stays = is_embedding || shape.name == WeightName::position_embedding;
    const Bytes bytes = weight_bytes(*question.weights, shape);
    sums[stays ? placement.host : placement.head] += bytes;
    if (is_embedding && model.tied_embeddings && placement.head != placement.host)
      sums[placement.head] += bytes;
  }
  return sums;
}

const Format& cache_format(const std::string& type, const Format& asked) {
  return type.empty() ? asked : kv_format(type);
}

}  // namespace

const Format& key_format(const Question& question, const LlamaCppSettings& settings) {
  return cache_format(settings.type_k, *question.kv);
}
const Format& value_format(const Question& question, const LlamaCppSettings& settings) {
  return cache_format(settings.type_v, *question.kv);
}

std::vector<Bytes> weights_by_device(const Question& question, const Placement& placement) {
  const Model& model = *question.model;
  const Format& format = *question.weights;
  const bool is_that =
      model.stored && (is_as_stored(format) ||
                       (format.has_exact_bytes && weight_bytes(model, format) == total_bytes(*model.stored)));
  if (!is_that) return described_weights(question, placement);
  WeightSums sums{placement};
  for (const StoredTensor& tensor : model.stored->tensors) sums.add(tensor, model.tied_embeddings);
  return std::move(sums.sums());
}

std::vector<Bytes> cache_by_device(const Question& question, const LlamaCppSettings& settings,
                                   const ContextSizes& sizes, const Placement& placement) {
  const Format& keys = key_format(question, settings);
  const Format& values = value_format(question, settings);
  const CacheRule& rule = *find_cache_rule("llama.cpp");
  const bool windows = keeps_windows(architecture_of(question.model->family));
  std::vector<Bytes> sums(placement.devices());
  std::size_t at = 0;
  for (const LayerRun& run : question.model->layers) {
    const SequenceCache cache = sequence_cache(rule, {run.layer, 1}, keys, values, state_width);
    Bytes each = settings.parallel * cache.state + sizes.context * cache.per_token;
    for (const SequenceCache::Windowed& part : cache.windowed) {
      const std::int64_t cells = windows ? windowed_cells(settings, sizes, part.positions) : sizes.cells;
      each += sizes.streams * cells * part.per_token;
    }
    for (std::int64_t i = 0; i < run.count; ++i) sums[placement.layers[at++]] += each;
  }
  return sums;
}

}  // namespace calibram::llama_cpp
