// SPDX-License-Identifier: MIT
// The reference's way through the layers, and what all kinds of layers are made of.
#include "tests/kernels/host/reference_pass.hpp"

#include <cmath>

namespace calibram {

ReferencePass::ReferencePass(const Question& question, const Decoder& decoder, double tolerance)
    : model_{*question.model},
      decoder_{decoder},
      tolerance_{tolerance},
      rounds_{activation_bytes(*question.weights) == 2},
      quantises_cache_{question.kv->name == "int8"} {
  for (const LayerRun& run : model_.layers)
    for (std::int64_t i = 0; i < run.count; ++i) {
      const std::size_t next = places_.size();
      places_.push_back({run.layer, decoder_.layer_state(static_cast<std::int64_t>(next)).weights, next});
    }
}

Doubles ReferencePass::logits(const Tokens& tokens, const Choices& choices) const {
  using enum WeightName;
  const WeightSet& outer = decoder_.outer_weights();
  Sequence sequence{tokens, choices, std::vector<KeysAndValues>(places_.size())};
  Rows x = embedded(outer[embedding], tokens);
  if (const Doubles& positions = values(outer[position_embedding].values); !positions.empty())
    for (std::size_t t = 0; t < x.size(); ++t)
      for (std::size_t i = 0; i < x[t].size(); ++i) x[t][i] += positions[t * x[t].size() + i];
  x = stored(std::move(x));
  if (first_layer(model_).alternating_updates) {
    std::vector<Rows> copies = copies_of(x, sequence);
    for (const Place& place : places_) run_updates(place, copies, sequence);
    x = merged(copies);
  } else {
    for (const Place& place : places_) x = run_block(place, std::move(x), sequence);
  }
  x = normed(x, outer[final_norm], outer[final_norm_bias]);
  Doubles all;
  for (const Doubles& row : linear(x, outer[model_.tied_embeddings ? embedding : head], outer[head_bias]))
    all.insert(all.end(), row.begin(), row.end());
  return all;
}

Rows ReferencePass::run_block(const Place& place, Rows x, Sequence& sequence) const {
  using enum WeightName;
  const Layer& layer = place.layer;
  const WeightSet& weights = place.weights;
  const Rows input = x;
  const Rows before = layer.norm_before_mixer ? normed(x, weights[mixer_norm], weights[mixer_norm_bias]) : x;
  if (!std::holds_alternative<std::monostate>(layer.mixer)) {
    Rows mixed =
        std::visit([&](const auto& kind) { return mix(kind, place, before, sequence); }, layer.mixer);
    if (layer.norm_after_each) mixed = normed(mixed, weights[after_mixer_norm], {});
    x = sum(std::move(x), mixed);
    if (layer.alternating_updates) x = sum(std::move(x), low_rank_path(place, before));
  }
  if (std::holds_alternative<std::monostate>(layer.feed_forward)) return x;
  Rows middle = layer.parallel_residual ? before : x;
  if (layer.norm_before_mlp)
    middle = normed(layer.parallel_residual ? input : x, weights[mlp_norm], weights[mlp_norm_bias]);
  Rows fed =
      std::visit([&](const auto& kind) { return feed(kind, place, middle, sequence); }, layer.feed_forward);
  if (layer.norm_after_each) fed = normed(fed, weights[after_mlp_norm], {});
  return sum(std::move(x), fed);
}

const Doubles& ReferencePass::values(const Tensor& tensor) const {
  const auto [place, is_new] = values_.try_emplace(tensor.data);
  if (is_new) place->second = read(tensor);
  return place->second;
}

Rows ReferencePass::stored(Rows x) const {
  if (!rounds_) return x;
  for (Doubles& row : x)
    for (double& value : row) value = rounded_to_half(value);
  return x;
}

Rows ReferencePass::linear(const Rows& x, const Weight& weight, const Weight& bias) const {
  return linear(x, weight, bias, {0, weight.outputs});
}

/// x W^T + b for some outputs. With INT8 weights, x is quantised too, and sums are scaled back (W8A8).
Rows ReferencePass::linear(const Rows& x, const Weight& weight, const Weight& bias,
                           IndexRange outputs) const {
  const Doubles &factors = values(weight.values), &scales = values(weight.scales),
                &biases = values(bias.values);
  const std::size_t stride = index(weight.values.columns);
  Rows out;
  for (Doubles row : x) {
    const double row_scale = scales.empty() ? 1 : quantise(row.data(), row.size());
    Doubles sums(index(outputs.count));
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const std::size_t o = index(outputs.first) + i;
      for (std::size_t j = 0; j < row.size(); ++j) sums[i] += row[j] * factors[o * stride + j];
      if (!scales.empty()) sums[i] *= row_scale * scales[o];
      if (!biases.empty()) sums[i] += biases[o];
    }
    out.push_back(std::move(sums));
  }
  return stored(std::move(out));
}

/// Tokens that the table does not have read its first row.
Rows ReferencePass::embedded(const Weight& table, const Tokens& tokens) const {
  const Doubles& all = values(table.values);
  Rows x;
  for (const std::int32_t token : tokens) {
    const auto first = all.begin() + (token < table.outputs ? token * table.inputs : 0);
    x.emplace_back(first, first + table.inputs);
  }
  return x;
}

Rows ReferencePass::normed(const Rows& x, const Weight& weight, const Weight& bias) const {
  return stored(normed_parts(model_.norm, model_.norm_epsilon, x, x.front().size(), values(weight.values),
                             values(bias.values)));
}

/// Each so many elements of a row as there are weights.
Rows ReferencePass::root_mean_square_normed(Rows x, const Weight& weight) const {
  const Doubles& factors = values(weight.values);
  return stored(normed_parts(Norm::rms, model_.norm_epsilon, std::move(x), factors.size(), factors));
}

Rows ReferencePass::rotated(Rows x, std::int64_t head_size, std::int64_t rotary_size) const {
  const std::size_t half = index(rotary_size) / 2;
  for (std::size_t t = 0; t < x.size(); ++t)
    for (std::size_t first = 0; first < x[t].size(); first += index(head_size))
      for (std::size_t i = 0; i < half; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(half);
        const double angle = static_cast<double>(t) / std::pow(model_.rope_theta, share);
        double &a = x[t][first + i], &b = x[t][first + half + i];
        const double before = a;
        a = before * std::cos(angle) - b * std::sin(angle);
        b = b * std::cos(angle) + before * std::sin(angle);
      }
  return stored(std::move(x));
}

Rows ReferencePass::activated(Activation kind, Rows x) const {
  for (Doubles& row : x)
    for (double& value : row) value = calibram::activated(kind, value);
  return stored(std::move(x));
}

Rows ReferencePass::sum(Rows x, const Rows& y) const {
  for (std::size_t t = 0; t < x.size(); ++t)
    for (std::size_t i = 0; i < x[t].size(); ++i) x[t][i] += y[t][i];
  return stored(std::move(x));
}

/// y has as many columns as x, or one.
Rows ReferencePass::product(Rows x, const Rows& y) const {
  for (std::size_t t = 0; t < x.size(); ++t)
    for (std::size_t i = 0; i < x[t].size(); ++i) x[t][i] *= y[t].size() == 1 ? y[t][0] : y[t][i];
  return stored(std::move(x));
}

}  // namespace calibram
