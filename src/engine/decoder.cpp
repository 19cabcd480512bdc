// SPDX-License-Identifier: MIT
// A decoder's life: weights, cache, steps, logits.
#include "src/engine/decoder.hpp"

#include "src/core/error.hpp"
#include "src/engine/gpu.hpp"

#include <algorithm>
#include <utility>

namespace calibram {
namespace {

/// INT8 activations and weights are padded to this depth, which tensor cores need (cublasLt).
constexpr std::int64_t int8_depth_multiple = 16;

bool is_fp32(const Format& format) { return format.block_elements == 1 && format.block_bytes == 4; }

/// What a format leaves alone: norms and biases, and embedding and head where it does not quantise them.
Element plain_element(const Format& format) {
  return plain_element_bytes(format) == 4 ? Element::fp32 : Element::fp16;
}

bool is_norm_weight(WeightName name) {
  switch (name) {
    case WeightName::attention_norm:
    case WeightName::query_norm:
    case WeightName::key_norm:
    case WeightName::after_attention_norm:
    case WeightName::mlp_norm:
    case WeightName::after_mlp_norm:
    case WeightName::final_norm:
      return true;
    default:
      return false;
  }
}

/// Every weight has random numbers of its own. @param part  0 outside the layers, else the layer + 1
std::uint64_t weight_seed(std::int64_t part, WeightName name) {
  return static_cast<std::uint64_t>(part) * weight_name_count + static_cast<std::uint64_t>(name);
}

}  // namespace

Decoder::Decoder(const Question& question, const Runtime& runtime, Ops& ops)
    : model_{*question.model},
      question_{question},
      runtime_{runtime},
      ops_{ops},
      element_{is_fp32(*question.weights) ? Element::fp32 : Element::fp16} {
  plan_stages();
}

void Decoder::plan_stages() {
  const std::int64_t layers = layer_count(model_);
  const auto device_of = [&](std::int64_t layer) {
    return static_cast<int>(layer * question_.devices / layers);
  };
  std::int64_t index = 0;
  for (const LayerRun& run : model_.layers) {
    const std::int64_t end = index + run.count;
    while (index < end) {
      std::int64_t count = 1;
      while (index + count < end && device_of(index + count) == device_of(index)) ++count;
      const LayerRange range{index, count};
      stages_.push_back({&run.layer, range, device_of(index),
                         std::vector<LayerState>(static_cast<std::size_t>(ops_.layer_slots(range)))});
      index += count;
    }
  }
}

void Decoder::for_each_state(const std::function<void(Stage&, LayerState&, std::int64_t)>& body) {
  for (Stage& stage : stages_) {
    ops_.use_device(stage.device);
    const auto visit = [&](std::int64_t layer) {
      body(stage, stage.states[static_cast<std::size_t>(layer - stage.range.first)], layer);
    };
    ops_.for_each_layer(stage.range, std::cref(visit));  // a reference needs no memory of its own
  }
}

const LayerState& Decoder::layer_state(std::int64_t layer) const {
  for (const Stage& stage : stages_)
    if (layer >= stage.range.first &&
        layer - stage.range.first < static_cast<std::int64_t>(stage.states.size()))
      return stage.states[static_cast<std::size_t>(layer - stage.range.first)];
  throw Error{"layer " + std::to_string(layer) + " has no state of its own", "it is folded or out of range",
              ""};
}

Weight Decoder::allocate_weight(const WeightShape& shape) {
  const Format& format = *question_.weights;
  Weight weight{{}, {}, shape.rows, shape.columns};
  const bool plain =
      shape.role == WeightRole::vector || (shape.role == WeightRole::outer && !format.quantises_outer);
  if (plain) {
    weight.values = ops_.allocate(Term::weights, plain_element(format), shape.rows, shape.columns);
  } else if (format.block_elements == 1 && format.block_bytes == element_bytes(element_)) {
    weight.values = ops_.allocate(Term::weights, element_, shape.rows, shape.columns);
  } else if (format.name == "int8") {
    weight.values =
        ops_.allocate(Term::weights, Element::int8, shape.rows, round_up(shape.columns, int8_depth_multiple));
    weight.scales = ops_.allocate(Term::weights, Element::fp32, shape.rows, 1);
  } else {
    const Bytes packed = matrix_bytes(format, shape.rows, shape.columns);
    weight.values = ops_.allocate(Term::weights, Element::raw8, 1, packed.count());
  }
  return weight;
}

void Decoder::load_weights(const WeightShapes& shapes, WeightSet& weights, std::int64_t part) {
  for (const WeightShape& shape : shapes) {
    Weight& weight = weights[shape.name] = allocate_weight(shape);
    if (is_norm_weight(shape.name))
      ops_.fill_ones(weight.values);
    else
      ops_.fill_weight(weight, weight_seed(part, shape.name));
  }
}

void Decoder::load() {
  ops_.use_device(0);
  const WeightShapes outer = calibram::outer_weights(model_);
  load_weights(outer, outer_, 0);
  for_each_state([&](Stage& stage, LayerState& state, std::int64_t layer) {
    load_weights(layer_weights(model_, *stage.layer), state.weights, layer + 1);
    if (runtime_.rotary_tables != RotaryTables::per_layer || stage.layer->attention.rotary_size == 0) return;
    state.rotary_table = ops_.allocate(Term::workspace, element_, 2 * model_.max_positions,
                                       stage.layer->attention.rotary_size);
    ops_.fill_zeros(state.rotary_table);
  });
  if (!runtime_.counts_gemm_workspace) return;
  ops_.use_device(0);
  gemm_workspace_ =
      ops_.allocate(Term::workspace, Element::int8, 1, torch_gemm_workspace(question_.device).count());
  ops_.fill_zeros(gemm_workspace_);
}

void Decoder::allocate_cache(const Layer& layer, std::int64_t capacity, KvCache& cache) {
  const Attention& attention = layer.attention;
  const bool quantised = question_.kv->name == "int8";
  const Element element = quantised ? Element::int8 : element_;
  const std::int64_t rows = checked_product({question_.workload.batch, capacity});
  const std::int64_t width = attention.kv_heads * attention.head_size;
  cache.capacity = capacity;
  cache.keys = ops_.allocate(Term::kv_cache, element, rows, width);
  cache.values = ops_.allocate(Term::kv_cache, element, rows, width);
  if (!quantised) return;
  cache.key_scales = ops_.allocate(Term::kv_cache, Element::fp32, rows, attention.kv_heads);
  cache.value_scales = ops_.allocate(Term::kv_cache, Element::fp32, rows, attention.kv_heads);
}

void Decoder::release_cache(KvCache& cache) {
  for (Tensor* tensor : {&cache.keys, &cache.values, &cache.key_scales, &cache.value_scales})
    ops_.release(*tensor);
  cache.capacity = 0;
}

void Decoder::reserve() {
  if (runtime_.cache_growth != CacheGrowth::reserved) return;
  for_each_state([&](Stage& stage, LayerState& state, std::int64_t) {
    KvCache& cache = state.cache;
    allocate_cache(*stage.layer, question_.workload.context_tokens(), cache);
    for (Tensor* tensor : {&cache.keys, &cache.values, &cache.key_scales, &cache.value_scales})
      if (!tensor->empty()) ops_.fill_zeros(*tensor);
  });
}

void Decoder::prefill() {
  const StepShape shape{question_.workload.batch, question_.workload.prompt, 0};
  ops_.use_device(0);
  prompt_tokens_ = ops_.allocate(Term::activation, Element::int32, shape.rows(), 1);
  next_tokens_ = ops_.allocate(Term::activation, Element::int32, shape.batch, 1);
  ops_.fill_tokens(prompt_tokens_, model_.vocabulary, 1);
  step(prompt_tokens_, shape);
}

void Decoder::decode() { step(next_tokens_, {question_.workload.batch, 1, position_}); }

void Decoder::skip_to(std::int64_t position) {
  if (runtime_.cache_growth == CacheGrowth::concatenated) {
    for_each_state([&](Stage& stage, LayerState& state, std::int64_t) {
      release_cache(state.cache);
      allocate_cache(*stage.layer, position, state.cache);
    });
  }
  position_ = position;
}

void Decoder::step(const Tensor& tokens, StepShape shape) {
  if (runtime_.keeps_previous_logits)
    previous_logits_ = std::exchange(logits_, {});
  else
    ops_.release(logits_);
  ops_.use_device(0);
  Tensor hidden = embed(tokens, shape);
  // A functional forward names its embedding until it returns. Its first layer reads that very tensor, here a
  // copy: one tensor more in that layer, which then holds what every other layer holds.
  Tensor embedding;
  if (runtime_.functional) {
    embedding = allocate(hidden.rows, hidden.columns);
    ops_.convert(hidden, embedding);
  }
  for (Stage& stage : stages_) {
    hidden = move_to(hidden, stage.device);
    const auto visit = [&](std::int64_t layer) {
      if (ops_.executes(layer))
        hidden = run_layer(*stage.layer, stage.states[static_cast<std::size_t>(layer - stage.range.first)],
                           hidden, shape);
    };
    ops_.for_each_layer(stage.range, std::cref(visit));
  }
  Tensor normed = norm(hidden, outer_[WeightName::final_norm], outer_[WeightName::final_norm_bias]);
  ops_.release(hidden);
  ops_.release(embedding);
  ops_.release(step_table_);
  ops_.release(mask_);
  compute_logits(normed, shape);
  if (runtime_.keeps_previous_cache)
    for_each_state([&](Stage&, LayerState& state, std::int64_t) { release_cache(state.previous_cache); });
  ops_.release(previous_logits_);
  position_ = shape.length();
}

Tensor Decoder::embed(const Tensor& tokens, StepShape shape) {
  Tensor out = allocate(shape.rows(), model_.hidden_size);
  ops_.embed(outer_[WeightName::embedding], outer_[WeightName::position_embedding].values, tokens, shape,
             out);
  if (runtime_.rotary_tables == RotaryTables::per_step && first_layer(model_).attention.rotary_size > 0) {
    step_table_ = allocate(2 * shape.rows(), first_layer(model_).attention.rotary_size);
    ops_.fill_zeros(step_table_);
  }
  if (runtime_.functional && runtime_.attention == AttentionKind::eager) {
    mask_ = allocate(shape.rows(), shape.length());
    ops_.fill_zeros(mask_);
  }
  return out;
}

Tensor Decoder::move_to(Tensor& tensor, int device) {
  ops_.use_device(device);
  if (tensor.device == device) return tensor;
  Tensor copy = ops_.allocate(tensor.term, tensor.element, tensor.rows, tensor.columns);
  ops_.convert(tensor, copy);
  ops_.release(tensor);
  return copy;
}

void Decoder::compute_logits(Tensor& normed, StepShape shape) {
  if (runtime_.logits_rows == LogitsRows::last && shape.tokens > 1) {
    Tensor last = allocate(shape.batch, model_.hidden_size);
    ops_.last_rows(normed, shape, last);
    ops_.release(normed);
    normed = last;
  }
  const Weight& head = outer_[model_.tied_embeddings ? WeightName::embedding : WeightName::head];
  logits_ = linear(normed, head, outer_[WeightName::head_bias], Term::logits);
  if (runtime_.upcasts_logits) {
    Tensor wide = ops_.allocate(Term::logits, Element::fp32, logits_.rows, logits_.columns);
    ops_.convert(logits_, wide);
    ops_.release(logits_);
    logits_ = wide;
  }
  ops_.release(normed);
  // accelerate's top-level hook returns the output to the device of the input (hooks.py, io_same_device).
  logits_ = move_to(logits_, 0);
  ops_.sample(logits_, next_tokens_);
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
  for (std::size_t i = 0; i < weight_name_count; ++i) {
    Weight& weight = weights[static_cast<WeightName>(i)];
    ops_.release(weight.values);
    ops_.release(weight.scales);
  }
}

void Decoder::finish() {
  for (Tensor* tensor : {&logits_, &previous_logits_, &prompt_tokens_, &next_tokens_, &gemm_workspace_})
    ops_.release(*tensor);
  for_each_state([&](Stage&, LayerState& state, std::int64_t) {
    release_cache(state.cache);
    release_weights(state.weights);
    ops_.release(state.rotary_table);
  });
  release_weights(outer_);
  position_ = 0;
}

}  // namespace calibram
