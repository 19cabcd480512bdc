// SPDX-License-Identifier: MIT
// The part of a layer that takes each token alone: an MLP, or a mixture of experts.
#include "src/engine/decoder.hpp"

namespace calibram {

Tensor Decoder::feed_forward(const Layer& layer, LayerState& state, Input& normed) {
  const WeightSet& weights = state.weights;
  if (const Mlp* dense = std::get_if<Mlp>(&layer.feed_forward)) return mlp(*dense, weights, normed);
  if (const Experts* mixture = std::get_if<Experts>(&layer.feed_forward))
    return experts(*mixture, weights, normed);
  return linear(normed.tensor, weights[WeightName::mlp_linear], weights[WeightName::mlp_linear_bias]);
}

Tensor Decoder::mlp(const Mlp& mlp, const WeightSet& weights, Input& normed) {
  const Activation activation = mlp.activation;
  const auto activated = [&](WeightName weight, WeightName bias) {
    Tensor x = linear(normed.tensor, weights[weight], weights[bias]);
    if (!runtime_.functional) {
      ops_.activate(activation, x, x);
      return x;
    }
    Tensor out = allocate(x.rows, x.columns);
    ops_.activate(activation, x, out);
    ops_.release(x);
    return out;
  };
  Tensor wide;
  if (mlp.gated) {
    wide = activated(WeightName::gate, WeightName::gate_bias);
    Tensor up = linear(normed.tensor, weights[WeightName::up], weights[WeightName::up_bias]);
    drop(normed);
    Tensor product = runtime_.functional ? allocate(up.rows, up.columns) : wide;
    ops_.multiply(wide, up, product);
    ops_.release(up);
    if (runtime_.functional) ops_.release(wide);
    wide = product;
  } else {
    wide = activated(WeightName::up, WeightName::up_bias);
    drop(normed);
  }
  Tensor out = linear(wide, weights[WeightName::down], weights[WeightName::down_bias]);
  ops_.release(wide);
  return out;
}

Tensor Decoder::experts(const Experts& experts, const WeightSet& weights, Input& normed) {
  Routes routes = route(experts, weights, normed.tensor);
  Tensor shared = shared_expert(experts, weights, normed);
  // One row for every token and expert that it goes to, whatever the experts are.
  Tensor gathered = allocate(checked_product({normed.tensor.rows, experts.active}), model_.hidden_size);
  ops_.gather_rows(normed.tensor, routes, gathered);
  drop(normed);
  Tensor each = gathered_experts(experts, weights, gathered, routes);
  Tensor out = allocate(routes.places.rows, model_.hidden_size);
  ops_.combine_experts(each, routes, out);
  for (Tensor* tensor : {&each, &routes.places, &routes.shares}) ops_.release(*tensor);
  return experts.shared ? add(out, shared) : out;
}

Routes Decoder::route(const Experts& experts, const WeightSet& weights, const Tensor& input) {
  Tensor scores = linear(input, weights[WeightName::router], {});
  Routes routes{ops_.allocate(Term::activation, Element::int32, input.rows, experts.active),
                ops_.allocate(Term::activation, Element::fp32, input.rows, experts.active)};
  ops_.route(scores, weights[WeightName::router_bias].values, routes);
  ops_.release(scores);
  return routes;
}

/// The MLP of each gathered row's expert; frees what was gathered.
Tensor Decoder::gathered_experts(const Experts& experts, const WeightSet& weights, Tensor& gathered,
                                 const Routes& routes) {
  using enum WeightName;
  const auto activated = [&](WeightName weight, WeightName bias) {
    Tensor x = linear_of_experts(gathered, weights[weight], weights[bias], routes);
    ops_.activate(experts.expert.activation, x, x);
    return x;
  };
  Tensor wide;
  if (experts.expert.gated) {
    wide = activated(expert_gate, expert_gate_bias);
    Tensor up = linear_of_experts(gathered, weights[expert_up], weights[expert_up_bias], routes);
    ops_.multiply(wide, up, wide);
    ops_.release(up);
  } else {
    wide = activated(expert_up, expert_up_bias);
  }
  ops_.release(gathered);
  Tensor each = linear_of_experts(wide, weights[expert_down], weights[expert_down_bias], routes);
  ops_.release(wide);
  return each;
}

Tensor Decoder::shared_expert(const Experts& experts, const WeightSet& weights, const Input& normed) {
  if (!experts.shared) return {};
  Input read_again{normed.tensor, false};
  Tensor shared = mlp(*experts.shared, weights, read_again);
  if (!experts.shared_gate) return shared;
  Tensor gate = linear(normed.tensor, weights[WeightName::shared_gate], {});
  ops_.activate(Activation::sigmoid, gate, gate);
  ops_.multiply(shared, gate, shared);
  ops_.release(gate);
  return shared;
}

}  // namespace calibram
