// SPDX-License-Identifier: MIT
// What a decoder owns between steps: weights, caches, tables; how they come and go.
#include "src/model/state.hpp"
#include "src/engine/decoder/decoder.hpp"
#include "src/engine/gpu.hpp"
#include "src/model/stored_tensor.hpp"
#include "src/model/weight_bytes.hpp"

#include <algorithm>

namespace calibram {
namespace {

/// INT8 activations and weights are padded to this depth, which tensor cores need (cublasLt).
constexpr std::int64_t int8_depth_multiple = 16;

/// What a format leaves alone: norms and biases, and embedding and head where it does not quantise them.
Element plain_element(const Format& format) {
  return format.plain_bytes == 4 ? Element::fp32 : Element::fp16;
}

bool is_norm_weight(WeightName name) {
  switch (name) {
    case WeightName::mixer_norm:
    case WeightName::query_norm:
    case WeightName::key_norm:
    case WeightName::after_mixer_norm:
    case WeightName::mlp_norm:
    case WeightName::after_mlp_norm:
    case WeightName::query_down_norm:
    case WeightName::kv_down_norm:
    case WeightName::step_norm:
    case WeightName::state_input_norm:
    case WeightName::state_output_norm:
    case WeightName::state_norm:
    case WeightName::update_router_norm:
    case WeightName::laurel_norm:
    case WeightName::layer_embedding_norm:
    case WeightName::layer_embedding_projection_norm:
    case WeightName::final_norm:
      return true;
    default:
      return false;
  }
}

/// The buffer that exllamav2 needs for the largest matrix (AutoGPTQ qlinear_exllamav2.py @9f7d3707,
/// temp_dq_size). The scratch that newer AutoGPTQ asks for beside it (temp_fwd_size) is left out: the peaks
/// that Qwen publishes for 2024's versions do not have it.
Bytes unpacking_bytes(const Model& model, const Format& format) {
  Bytes largest;
  for (const LayerRun& run : model.layers)
    for (const WeightShape& shape : layer_weights(model, run.layer))
      if (quantises(format, shape))
        largest = std::max(largest, Bytes{checked_product({shape.rows, shape.columns, 2})});
  return largest + Bytes{128};
}

/// Every weight has random numbers of its own. @param part  0 outside the layers, else the layer + 1
std::uint64_t weight_seed(std::int64_t part, WeightName name) {
  return static_cast<std::uint64_t>(part) * weight_name_count + static_cast<std::uint64_t>(name);
}

}  // namespace

Weight Decoder::allocate_weight(const WeightShape& shape) {
  const Format& format = *question_.weights;
  Weight weight{{}, {}, shape.rows, shape.columns, shape.count};
  if (is_as_stored(format)) return weight;
  const std::int64_t rows = checked_product({shape.count, shape.rows});
  if (!quantises(format, shape)) {
    weight.values = ops_.allocate(Term::weights, plain_element(format), rows, shape.columns);
  } else if (plain_width(format) == element_bytes(element_)) {
    weight.values = ops_.allocate(Term::weights, element_, rows, shape.columns);
  } else if (format.name == "int8") {
    weight.values =
        ops_.allocate(Term::weights, Element::int8, rows, round_up(shape.columns, int8_depth_multiple));
    weight.scales = ops_.allocate(Term::weights, Element::fp32, rows, 1);
  } else {
    for (const MatrixPart& part : matrix_parts(format, shape.rows, shape.columns)) {
      const Bytes bytes = shape.count * part.bytes;
      const Tensor tensor = ops_.allocate(Term::weights, Element::raw8, 1, bytes.count());
      if (weight.values.empty())
        weight.values = tensor;
      else
        weight.packed.push_back(tensor);
    }
  }
  return weight;
}

void Decoder::load_weights(const WeightShapes& shapes, WeightSet& weights, std::int64_t part) {
  weights.reserve(shapes.size());
  for (const WeightShape& shape : shapes) {
    Weight weight = allocate_weight(shape);
    weights.add(shape.name, weight);
    if (weight.values.empty()) continue;  // among the stored ones
    if (is_norm_weight(shape.name))
      ops_.fill_ones(weight.values);
    else
      ops_.fill_weight(weight, weight_seed(part, shape.name));
  }
}

void Decoder::load_stored(const StoredWeights& stored) {
  stored_.reserve(stored.tensors.size());
  for (const StoredTensor& tensor : stored.tensors) {
    if (tensor.bytes == Bytes{}) continue;
    ops_.use_device(device_of(layer_of(tensor.name).value_or(0)));
    stored_.push_back(ops_.allocate(Term::weights, Element::raw8, 1, tensor.bytes.count()));
  }
}

/// Takes the bytes of every device's weights at once and gives them back, so that the weights share one
/// segment (transformers modeling_utils.py, caching_allocator_warmup). Half of them for most packed formats,
/// which may need room to be converted (get_cuda_warm_up_factor).
void Decoder::warm_allocator() {
  std::vector<Bytes> weights(static_cast<std::size_t>(question_.devices));
  const auto add = [&](const WeightShapes& shapes, int device, std::int64_t count) {
    for (const WeightShape& shape : shapes)
      weights[static_cast<std::size_t>(device)] += count * weight_bytes(*question_.weights, shape);
  };
  if (is_as_stored(*question_.weights)) {
    for (const StoredTensor& tensor : model_.stored->tensors)
      weights[static_cast<std::size_t>(device_of(layer_of(tensor.name).value_or(0)))] += tensor.bytes;
  } else {
    add(calibram::outer_weights(model_), 0, 1);
    for (const Stage& stage : stages_)
      add(layer_weights(model_, *stage.layer), stage.device, stage.range.count);
  }
  const bool is_plain = plain_width(*question_.weights) || question_.weights->name.starts_with("fp8");
  for (std::size_t device = 0; device < weights.size(); ++device) {
    ops_.use_device(static_cast<int>(device));
    const std::int64_t bytes = weights[device].count() / (is_plain ? 1 : 2);
    Tensor all = ops_.allocate(Term::weights, Element::raw8, 1, bytes);
    ops_.release(all);
  }
}

void Decoder::load() {
  if (runtime_.warms_allocator) warm_allocator();
  if (is_as_stored(*question_.weights)) load_stored(*model_.stored);
  // What follows the layers is on the last device; a tied head is the embedding.
  const WeightShapes outer = calibram::outer_weights(model_);
  outer_.reserve(outer.size());
  for (const WeightShape& shape : outer) {
    const bool follows = shape.name == WeightName::final_norm || shape.name == WeightName::final_norm_bias ||
                         shape.name == WeightName::head || shape.name == WeightName::head_bias;
    ops_.use_device(follows ? last_device() : 0);
    load_weights({shape}, outer_, 0);
  }
  for_each_state([&](Stage& stage, LayerState& state, std::int64_t layer) {
    load_weights(layer_weights(model_, *stage.layer), state.weights, layer + 1);
    const Attention* attention = attention_of(*stage.layer);
    if (runtime_.rotary_tables != RotaryTables::per_layer || !attention || attention->rotary_size == 0)
      return;
    state.rotary_table =
        ops_.allocate(Term::workspace, element_, 2 * model_.max_positions, attention->rotary_size);
    ops_.fill_zeros(state.rotary_table);
  });
  if (runtime_.causal_buffer != CausalBuffer::none) {
    ops_.use_device(0);
    causal_buffer_ = ops_.allocate(Term::workspace, Element::raw8, model_.max_positions,
                                   checked_product({model_.max_positions, causal_buffer_bytes()}));
  }
  if (runtime_.counts_gemm_workspace) allocate_workspaces();
}

void Decoder::allocate_workspaces() {
  const bool unpacks = question_.weights->has_unpacking_buffer;
  for (int device = 0; device < question_.devices; ++device) {
    ops_.use_device(device);
    workspaces_.push_back(
        ops_.allocate(Term::workspace, Element::int8, 1, torch_gemm_workspace(question_.device).count()));
    ops_.fill_zeros(workspaces_.back());
    if (unpacks)
      workspaces_.push_back(ops_.allocate(Term::workspace, Element::raw8, 1,
                                          unpacking_bytes(model_, *question_.weights).count()));
  }
}

void Decoder::allocate_cache(const Layer& layer, std::int64_t capacity, KvCache& cache) {
  const std::optional<CacheShape> shape = cache_shape(layer);
  if (!shape) return;
  const bool quantised = question_.kv->name == "int8";
  const Element element = quantised ? Element::int8 : element_;
  const std::int64_t batch = question_.workload.batch;
  const bool paged = runtime_.cache_growth == CacheGrowth::paged;
  cache.block_tokens = paged ? runtime_.cache_block_tokens : 0;
  cache.capacity = paged ? round_up(capacity, cache.block_tokens) : capacity;
  const std::int64_t rows = checked_product({batch, cache.capacity});
  if (paged) {
    cache.blocks = ops_.allocate(Term::kv_cache, Element::int32, batch, cache.capacity / cache.block_tokens);
    ops_.fill_blocks(cache.blocks);
  }
  cache.keys = ops_.allocate(Term::kv_cache, element, rows, shape->heads * shape->key_size);
  if (shape->has_values())
    cache.values = ops_.allocate(Term::kv_cache, element, rows, shape->heads * shape->value_size);
  if (!quantised) return;
  cache.key_scales = ops_.allocate(Term::kv_cache, Element::fp32, rows, shape->heads);
  if (shape->has_values())
    cache.value_scales = ops_.allocate(Term::kv_cache, Element::fp32, rows, shape->heads);
}

void Decoder::allocate_recurrent_state(const Layer& layer, RecurrentState& state) {
  const StateShape shape = recurrent_state_shape(layer.mixer);
  if (shape.memory_elements == 0) return;
  const std::int64_t batch = question_.workload.batch;
  // Sums over a whole sequence need FP32; the last inputs of the convolution are activations.
  state.last_inputs = ops_.allocate(Term::kv_cache, element_, batch, shape.convolution_elements());
  state.memory = ops_.allocate(Term::kv_cache, Element::fp32, batch, shape.memory_elements);
  ops_.fill_zeros(state.last_inputs);
  ops_.fill_zeros(state.memory);
}

void Decoder::release_cache(KvCache& cache) {
  for (Tensor* tensor : {&cache.keys, &cache.values, &cache.key_scales, &cache.value_scales, &cache.blocks})
    ops_.release(*tensor);
  cache.capacity = 0;
}

void Decoder::reserve() {
  if (runtime_.cache_growth == CacheGrowth::concatenated) return;
  for_each_state([&](Stage& stage, LayerState& state, std::int64_t) {
    allocate_recurrent_state(*stage.layer, state.recurrent);
    KvCache& cache = state.cache;
    allocate_cache(*stage.layer, question_.workload.context_tokens(), cache);
    for (Tensor* tensor : {&cache.keys, &cache.values, &cache.key_scales, &cache.value_scales})
      if (!tensor->empty()) ops_.fill_zeros(*tensor);
  });
}

bool Decoder::holds_weights() {
  bool intact = true;
  const auto check = [&](const WeightShapes& shapes, const WeightSet& weights, std::int64_t part) {
    for (const WeightShape& shape : shapes)
      if (!is_norm_weight(shape.name))
        intact = ops_.holds_weight(weights[shape.name], weight_seed(part, shape.name)) && intact;
  };
  check(calibram::outer_weights(model_), outer_, 0);
  for_each_state([&](Stage& stage, LayerState& state, std::int64_t layer) {
    check(layer_weights(model_, *stage.layer), state.weights, layer + 1);
  });
  return intact;
}

void Decoder::release_weights(WeightSet& weights) {
  for (Weight& weight : weights.all()) {
    ops_.release(weight.values);
    ops_.release(weight.scales);
    for (Tensor& part : weight.packed) ops_.release(part);
  }
  weights.clear();
}

void Decoder::forget_run() {
  for (Tensor* tensor : {&embedding_, &attention_weights_, &mask_, &step_table_, &layer_embeddings_, &logits_,
                         &previous_logits_, &prompt_tokens_, &next_tokens_})
    *tensor = {};
  for (Stage& stage : stages_)
    for (LayerState& state : stage.states) {
      state.cache = state.previous_cache = {};
      state.beside_values.clear();
      state.recurrent = {};
    }
  position_ = 0;
}

void Decoder::finish() {
  for (Tensor* tensor : {&logits_, &previous_logits_, &prompt_tokens_, &next_tokens_, &causal_buffer_})
    ops_.release(*tensor);
  for (Tensor& tensor : workspaces_) ops_.release(tensor);
  workspaces_.clear();
  for_each_state([&](Stage&, LayerState& state, std::int64_t) {
    release_cache(state.cache);
    release_beside_values(state);
    ops_.release(state.recurrent.last_inputs);
    ops_.release(state.recurrent.memory);
    release_weights(state.weights);
    ops_.release(state.rotary_table);
  });
  release_weights(outer_);
  for (Tensor& tensor : stored_) ops_.release(tensor);
  stored_.clear();
  position_ = 0;
}

}  // namespace calibram
