// SPDX-License-Identifier: MIT
// One layer of the decoder pass: norms, a mixer of tokens, a feed-forward part, residuals.
//
// Liveness follows the runtime. In place, a tensor is freed as soon as nothing reads it. Functional is eager
// PyTorch: each operation returns a new tensor, and an argument lives while a variable of any caller names
// it: the layer's input in the model's loop, the normed input in the layer, until the call returns.
#include "src/engine/decoder/decoder.hpp"

#include <utility>

namespace calibram {
namespace {

/// Attention and MLP read the same normed input.
bool shares_norm(const Layer& layer) { return layer.parallel_residual && !layer.norm_before_mlp; }

}  // namespace

Tensor Decoder::run_layer(const Layer& layer, LayerState& state, Tensor input, StepShape shape) {
  return layer.alternating_updates ? run_updates(layer, state, input, shape)
                                   : run_block(layer, state, input, shape);
}

Tensor Decoder::run_block(const Layer& layer, LayerState& state, Tensor input, StepShape shape) {
  if (std::holds_alternative<std::monostate>(layer.mixer)) return add_feed_forward(layer, state, input);
  Input normed = norm_before(layer.norm_before_mixer, input, state.weights[WeightName::mixer_norm],
                             state.weights[WeightName::mixer_norm_bias]);
  normed.last = !shares_norm(layer);
  Tensor path;
  if (layer.alternating_updates) path = low_rank_path(state.weights, normed.tensor);
  Tensor mixed = mix_tokens(layer, state, normed, shape);
  if (!layer.parallel_residual) release(normed);
  norm_after(layer, mixed, state.weights[WeightName::after_mixer_norm]);
  if (layer.parallel_residual) return add_parallel_feed_forward(layer, state, input, normed, mixed);
  Tensor middle = add(input, mixed);
  if (!path.empty()) middle = add(middle, path);
  Tensor out = add_feed_forward(layer, state, middle);
  ops_.release(attention_weights_);
  release_input(input);
  return out;
}

Tensor Decoder::add_feed_forward(const Layer& layer, LayerState& state, Tensor input) {
  if (std::holds_alternative<std::monostate>(layer.feed_forward)) return input;
  Input normed = norm_before(layer.norm_before_mlp, input, state.weights[WeightName::mlp_norm],
                             state.weights[WeightName::mlp_norm_bias]);
  Tensor fed = feed_forward(layer, state, normed);
  release(normed);
  norm_after(layer, fed, state.weights[WeightName::after_mlp_norm]);
  Tensor out = add(input, fed);
  ops_.release(input);
  return out;
}

Tensor Decoder::add_parallel_feed_forward(const Layer& layer, LayerState& state, Tensor input, Input& normed,
                                          Tensor mixed) {
  if (!shares_norm(layer)) {
    release(normed);
    normed = norm_before(true, input, state.weights[WeightName::mlp_norm],
                         state.weights[WeightName::mlp_norm_bias]);
  }
  normed.last = true;
  Tensor fed = feed_forward(layer, state, normed);
  release(normed);
  norm_after(layer, fed, state.weights[WeightName::after_mlp_norm]);
  Tensor both = add(mixed, fed);
  Tensor out = add(input, both);
  ops_.release(mixed);
  ops_.release(attention_weights_);
  release_input(input);
  return out;
}

Tensor Decoder::mix_tokens(const Layer& layer, LayerState& state, Input& normed, StepShape shape) {
  struct Mix {
    Decoder& decoder;
    LayerState& state;
    Input& normed;
    StepShape shape;

    Tensor operator()(std::monostate) const { return normed.tensor; }  // run_layer takes care of it
    Tensor operator()(const Attention& a) const { return decoder.attention(a, state, normed, shape); }
    Tensor operator()(const LatentAttention& a) const { return decoder.attention(a, state, normed, shape); }
    Tensor operator()(const Mamba& m) const { return decoder.scan(m, state, normed, shape); }
    Tensor operator()(const Mamba2& m) const { return decoder.scan(m, state, normed, shape); }
    Tensor operator()(const GatedDeltaNet& n) const { return decoder.scan(n, state, normed, shape); }
    Tensor operator()(const Linear&) const {
      return decoder.linear(normed.tensor, state.weights[WeightName::mixer_linear],
                            state.weights[WeightName::mixer_linear_bias]);
    }
  };
  return std::visit(Mix{*this, state, normed, shape}, layer.mixer);
}

}  // namespace calibram
