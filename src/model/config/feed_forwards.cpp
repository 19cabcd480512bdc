// SPDX-License-Identifier: MIT
// Reads the sizes of MLPs and mixtures of experts.
#include "src/model/config/feed_forwards.hpp"

#include "src/core/bytes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace calibram {
namespace {

Activation read_activation(const ConfigFields& fields, const Family& family) {
  constexpr std::array<std::pair<std::string_view, Activation>, 10> known = {
      {{"silu", Activation::silu},
       {"swish", Activation::silu},
       {"gelu", Activation::gelu},
       {"gelu_new", Activation::gelu},
       {"gelu_fast", Activation::gelu},
       {"gelu_python", Activation::gelu},
       {"gelu_pytorch_tanh", Activation::gelu},
       {"gelu_tanh", Activation::gelu},
       {"relu", Activation::relu},
       {"relu2", Activation::relu_squared}}};
  const std::optional<JsonNode> node = fields.find(family.activation_field);
  if (!node) return family.activation;
  const std::string name = node->as_text();
  for (auto [text, meant] : known)
    if (text == name) return meant;
  node->fail("must be silu, gelu (or one of its approximations), relu or relu2");
}

PerLayer read_mlp_width(ConfigFields& fields, const Family& family, std::int64_t layers) {
  Size width = family.mlp_width;
  if (family.mlp_width_in_hidden > 0)
    width.by_default = checked_product({family.mlp_width_in_hidden, fields.value(family.hidden_size)});
  return fields.per_layer(width, layers);
}

}  // namespace

LayerFeedForwards::LayerFeedForwards(ConfigFields& fields, const Family& family,
                                     const std::vector<LayerParts>& layers) {
  const auto count = static_cast<std::int64_t>(layers.size());
  mlp_ = {.gated = family.gated_mlp,
          .activation = read_activation(fields, family),
          .bias = fields.is_on(family.mlp_bias)};
  const bool reads_width = std::any_of(layers.begin(), layers.end(), [](const LayerParts& parts) {
    return parts.feed_forward == FeedForwardKind::dense && !parts.mlp_width;
  });
  if (reads_width) mlp_width_ = read_mlp_width(fields, family, count);
  const bool has_experts = std::any_of(layers.begin(), layers.end(), [](const LayerParts& parts) {
    return parts.feed_forward == FeedForwardKind::experts;
  });
  if (has_experts) read_experts(fields, *family.experts, count);
}

void LayerFeedForwards::read_experts(ConfigFields& fields, const ExpertFields& names, std::int64_t layers) {
  experts_.count = fields.value(names.count);
  experts_.expert = mlp_;
  experts_.expert.bias = experts_.expert.bias || names.bias;
  experts_.router_bias = names.router_bias;
  experts_.shared_gate = names.shared_gate;
  active_ = fields.per_layer(names.active, layers);
  expert_width_ = fields.per_layer(names.width, layers);
  const bool counts_shared = !names.shared_count.field.empty() && !fields.is_null(names.shared_count.field);
  if (counts_shared) shared_count_ = fields.per_layer(names.shared_count, layers, 0);
  if (!names.shared_width.field.empty()) shared_width_ = fields.per_layer(names.shared_width, layers, 0);
}

FeedForward LayerFeedForwards::feed_forward(std::int64_t layer, const LayerParts& parts) const {
  Mlp mlp = mlp_;
  switch (parts.feed_forward) {
    case FeedForwardKind::none:
      return {};
    case FeedForwardKind::matrix:
      return Linear{mlp_.bias};
    case FeedForwardKind::dense:
      mlp.width = parts.mlp_width ? *parts.mlp_width : mlp_width_.at(layer);
      return mlp;
    case FeedForwardKind::experts:
      break;
  }
  Experts experts = experts_;
  experts.active = active_.at(layer);
  experts.expert.width = expert_width_.at(layer);
  const std::int64_t shared = checked_product({shared_count_.at(layer), experts.expert.width});
  mlp.width = checked_sum(shared, shared_width_.at(layer));
  if (mlp.width > 0) experts.shared = mlp;
  experts.shared_gate = experts.shared && experts.shared_gate;
  return experts;
}

}  // namespace calibram
