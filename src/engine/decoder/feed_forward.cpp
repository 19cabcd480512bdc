// SPDX-License-Identifier: MIT
// The part of a layer that takes each token alone: an MLP, or a mixture of experts.
#include "src/engine/decoder/decoder.hpp"

namespace calibram {

Tensor Decoder::feed_forward(const Layer& layer, LayerState& state, Input& normed) {
  const WeightSet& weights = state.weights;
  if (const Mlp* dense = std::get_if<Mlp>(&layer.feed_forward)) return mlp(*dense, weights, normed);
  if (const Experts* mixture = std::get_if<Experts>(&layer.feed_forward))
    return experts(*mixture, weights, normed);
  return linear(normed.tensor, weights[WeightName::mlp_linear], weights[WeightName::mlp_linear_bias]);
}

/// `project` multiplies its first argument by a weight of this name, and adds the bias of that.
template <typename Project>
Tensor Decoder::mlp(const Mlp& mlp, const MlpWeights& names, Input& input, const Project& project) {
  const auto activated = [&](WeightName weight, WeightName bias) {
    Tensor x = project(input.tensor, weight, bias);
    if (!runtime_.functional) {
      ops_.activate(mlp.activation, x, x);
      return x;
    }
    Tensor out = allocate(x.rows, x.columns);
    ops_.activate(mlp.activation, x, out);
    ops_.release(x);
    return out;
  };
  Tensor wide;
  if (mlp.gated && runtime_.joins_projections) return joined_mlp(mlp, names, input, project);
  if (mlp.gated) {
    wide = activated(names.gate, names.gate_bias);
    Tensor up = project(input.tensor, names.up, names.up_bias);
    drop(input);
    Tensor product = runtime_.functional ? allocate(up.rows, up.columns) : wide;
    ops_.multiply(wide, up, product);
    ops_.release(up);
    if (runtime_.functional) ops_.release(wide);
    wide = product;
  } else {
    wide = activated(names.up, names.up_bias);
    drop(input);
  }
  Tensor out = project(wide, names.down, names.down_bias);
  ops_.release(wide);
  return out;
}

/// gate, up = gate_up_proj(x).chunk(2): both live until the result is there (modeling_phi3.py, Phi3MLP).
template <typename Project>
Tensor Decoder::joined_mlp(const Mlp& mlp, const MlpWeights& names, Input& input, const Project& project) {
  Tensor gate = project(input.tensor, names.gate, names.gate_bias);
  Tensor up = project(input.tensor, names.up, names.up_bias);
  drop(input);
  Tensor activated = allocate(gate.rows, gate.columns);
  ops_.activate(mlp.activation, gate, activated);
  Tensor product = allocate(up.rows, up.columns);
  ops_.multiply(activated, up, product);
  ops_.release(activated);
  Tensor out = project(product, names.down, names.down_bias);
  for (Tensor* tensor : {&product, &up, &gate}) ops_.release(*tensor);
  return out;
}

Tensor Decoder::mlp(const Mlp& mlp, const WeightSet& weights, Input& normed) {
  using enum WeightName;
  constexpr MlpWeights names{gate, gate_bias, up, up_bias, down, down_bias};
  return this->mlp(mlp, names, normed, [&](const Tensor& x, WeightName weight, WeightName bias) {
    return linear(x, weights[weight], weights[bias]);
  });
}

Tensor Decoder::experts(const Experts& experts, const WeightSet& weights, Input& normed) {
  if (runtime_.functional) return looped_experts(experts, weights, normed);
  Routes routes = route(experts, weights, normed.tensor);
  Tensor shared = shared_expert(experts, weights, normed);
  // One row for every token and expert that it goes to, whatever the experts are.
  Input gathered{allocate(checked_product({normed.tensor.rows, experts.active}), model_.hidden_size)};
  ops_.gather_rows(normed.tensor, routes, gathered.tensor);
  drop(normed);
  using enum WeightName;
  constexpr MlpWeights names{expert_gate,    expert_gate_bias, expert_up,
                             expert_up_bias, expert_down,      expert_down_bias};
  Tensor each =
      mlp(experts.expert, names, gathered, [&](const Tensor& x, WeightName weight, WeightName bias) {
        return linear_of_experts(x, weights[weight], weights[bias], routes);
      });
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
