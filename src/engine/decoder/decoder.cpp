// SPDX-License-Identifier: MIT
// A decoder's steps: embedding, layers, logits, and which layers lie on which device.
#include "src/engine/decoder/decoder.hpp"

#include "src/core/error.hpp"
#include "src/model/state.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace calibram {

Decoder::Decoder(const Question& question, const Runtime& runtime, Ops& ops)
    : model_{*question.model},
      question_{question},
      runtime_{runtime},
      ops_{ops},
      element_{activation_bytes(*question.weights) == 4 ? Element::fp32 : Element::fp16} {
  place_layers();
  plan_stages();
}

void Decoder::place_layers() {
  const std::int64_t layers = layer_count(model_);
  std::vector<std::int64_t> split = runtime_.layer_split;
  if (split.empty() && runtime_.split_layers && question_.devices > 1)
    split = runtime_.split_layers(model_, *question_.weights, question_.devices);
  if (split.empty())
    for (std::int64_t i = 0; i < layers; ++i)
      devices_.push_back(static_cast<int>(i * question_.devices / layers));
  for (std::size_t device = 0; device < split.size(); ++device)
    devices_.insert(devices_.end(), static_cast<std::size_t>(split[device]), static_cast<int>(device));
}

void Decoder::plan_stages() {
  std::int64_t index = 0;
  for (const LayerRun& run : model_.layers) {
    const std::int64_t end = index + run.count;
    while (index < end) {
      std::int64_t count = 1;
      while (index + count < end && device_of(index + count) == device_of(index)) ++count;
      const IndexRange range{index, count};
      stages_.push_back({&run.layer, range, device_of(index),
                         std::vector<LayerState>(static_cast<std::size_t>(ops_.layer_slots(range)))});
      for (std::size_t i = 0; i < stages_.back().states.size(); ++i)
        stages_.back().states[i].index = index + static_cast<std::int64_t>(i);
      index += count;
    }
  }
  share_caches();
}

/// A layer without a cache of its own reads that of the last layer before it which lends one.
void Decoder::share_caches() {
  for (auto reader = stages_.begin(); reader != stages_.end(); ++reader) {
    const Attention* attention = attention_of(*reader->layer);
    if (!attention || attention->owns_cache) continue;
    const auto owner =
        std::find_if(std::make_reverse_iterator(reader), stages_.rend(),
                     [&](const Stage& stage) { return lends_cache(*stage.layer, *attention); });
    if (owner == stages_.rend()) continue;  // only counted then
    for (LayerState& state : reader->states) state.shared_cache = &owner->states.back().cache;
  }
}

int Decoder::device_of(std::int64_t layer) const {
  return devices_[static_cast<std::size_t>(std::min(layer, layer_count(model_) - 1))];
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
      const Attention* attention = attention_of(*stage.layer);
      release_cache(state.cache);
      release_beside_values(state);
      allocate_cache(*stage.layer, attention ? slid_length(*attention, position) : position, state.cache);
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
  // A functional forward names its embedding until it returns. Its first layer reads that very tensor; where
  // tensors are counted by size alone, a copy stands for it: one tensor more in that layer, which then holds
  // what every other layer holds.
  if (runtime_.functional) embedding_ = hidden.data != nullptr ? hidden : duplicate(hidden);
  const std::optional<AlternatingUpdates>& updates = first_layer(model_).alternating_updates;
  if (updates) hidden = enter_updates(*updates, tokens, hidden, shape);
  for (Stage& stage : stages_) {
    hidden = move_to(hidden, stage.device);
    const auto visit = [&](std::int64_t layer) {
      if (ops_.executes(layer))
        hidden = run_layer(*stage.layer, stage.states[static_cast<std::size_t>(layer - stage.range.first)],
                           hidden, shape);
    };
    ops_.for_each_layer(stage.range, std::cref(visit));
  }
  if (updates) hidden = leave_updates(hidden, shape);
  hidden = move_to(hidden, last_device());
  Tensor normed = norm(hidden, outer_[WeightName::final_norm], outer_[WeightName::final_norm_bias]);
  ops_.release(hidden);
  ops_.release(embedding_);
  ops_.release(step_table_);
  ops_.release(mask_);
  compute_logits(normed, shape);
  if (runtime_.keeps_previous_cache)
    for_each_state([&](Stage&, LayerState& state, std::int64_t) {
      release_cache(state.previous_cache);
      if (shape.start > 0) release_beside_values(state);
    });
  ops_.release(previous_logits_);
  position_ = shape.length();
}

Tensor Decoder::embed(const Tensor& tokens, StepShape shape) {
  Tensor out = allocate(shape.rows(), model_.hidden_size);
  ops_.embed(outer_[WeightName::embedding], outer_[WeightName::position_embedding].values, tokens, shape,
             out);
  const Attention* attention = attention_of(first_layer(model_));
  if (runtime_.rotary_tables == RotaryTables::per_step && attention && attention->rotary_size > 0) {
    step_table_ = allocate(checked_product({2, shape.rows()}), attention->rotary_size);
    ops_.fill_zeros(step_table_);
  }
  if (runtime_.functional) make_mask(shape);
  return out;
}

/// The additive mask of attention by matrix products, or of streaming attention over a cache that is longer
/// than what it holds.
void Decoder::make_mask(StepShape shape) {
  if (runtime_.attention == AttentionKind::flash) return;
  const bool is_static = runtime_.cache_growth == CacheGrowth::reserved;
  if (runtime_.causal_buffer != CausalBuffer::none) return cut_mask_from_buffer(shape);
  if (runtime_.attention == AttentionKind::sdpa && !is_static) return;
  mask_ = allocate(shape.rows(), is_static ? question_.workload.context_tokens() : shape.length());
  ops_.fill_zeros(mask_);
}

/// The buffer of all positions becomes the mask of every sequence, whatever the step needs
/// (modeling_llama.py 4.38 and 4.39, _update_causal_mask).
void Decoder::cut_mask_from_buffer(StepShape shape) {
  const std::int64_t batch = shape.batch, positions = model_.max_positions;
  const bool repeats = runtime_.causal_buffer != CausalBuffer::bool_expanded;
  const std::int64_t rows = checked_product({repeats ? batch : 1, positions});
  Tensor repeated;
  if (repeats)
    repeated = ops_.allocate(Term::activation, Element::raw8, rows, positions * causal_buffer_bytes());
  Tensor narrow = allocate(rows, positions);
  ops_.release(repeated);
  mask_ = allocate(rows, positions);
  ops_.release(narrow);
  if (!repeats) {
    Tensor whole = allocate(checked_product({batch, positions}), positions);  // expand().clone()
    ops_.release(mask_);
    mask_ = whole;
  }
  ops_.fill_zeros(mask_);
}

std::int64_t Decoder::causal_buffer_bytes() const {
  constexpr std::int64_t int64_bytes = 8, bool_bytes = 1;
  return runtime_.causal_buffer == CausalBuffer::int64_repeated ? int64_bytes : bool_bytes;
}

Tensor Decoder::move_to(Tensor& tensor, int device) {
  ops_.use_device(device);
  if (tensor.device == device) return tensor;
  Tensor copy = ops_.allocate(tensor.term, tensor.element, tensor.rows, tensor.columns);
  ops_.convert(tensor, copy);
  release_input(tensor);
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
  // An FP32 tensor's FP32 copy is the tensor itself.
  if (runtime_.upcasts_logits && element_ != Element::fp32) {
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

}  // namespace calibram
