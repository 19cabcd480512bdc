// SPDX-License-Identifier: MIT
// Counts a model's layers and parameters, and checks that it can exist.
#include "src/model/model.hpp"

#include "src/core/bytes.hpp"
#include "src/core/error.hpp"
#include "src/model/weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace calibram {
namespace {

// At least thirty times what any published model has. Their products may still be too large for 64 bits
// (as many experts, each of them as wide), which first_violation finds last.
constexpr std::int64_t widest_hidden = 1 << 20;
constexpr std::int64_t widest_projection = 1 << 24;
constexpr std::int64_t widest_state = 1 << 16;
constexpr std::int64_t widest_kernel = 1 << 10;
constexpr std::int64_t most_experts = 1 << 14;
constexpr std::int64_t largest_count = 2147483647;
constexpr double most_parameters = 1e18;  ///< their bytes fit 64 bits in any format

constexpr std::int64_t all_experts = most_experts;

/// @param experts  how many of each are counted
std::int64_t parameters_of(const WeightShapes& shapes, std::int64_t experts = all_experts) {
  std::int64_t sum = 0;
  for (const WeightShape& shape : shapes) {
    const std::int64_t count = std::min(shape.count, experts);
    sum = checked_sum(sum, checked_product({count, shape.rows, shape.columns}));
  }
  return sum;
}

/// The same for a model that may be too large for 64 bits.
double rough_parameter_count(const Model& model) {
  const auto rough = [](const WeightShapes& shapes) {
    double sum = 0;
    for (const WeightShape& shape : shapes)
      sum += static_cast<double>(shape.count) * static_cast<double>(shape.rows) *
             static_cast<double>(shape.columns);
    return sum;
  };
  double sum = rough(outer_weights(model));
  for (const LayerRun& run : model.layers)
    sum += static_cast<double>(run.count) * rough(layer_weights(model, run.layer));
  return sum;
}

struct Size {
  std::string_view field;
  std::int64_t value;
  std::int64_t largest = largest_count;
};

std::optional<Violation> check_sizes(std::initializer_list<Size> sizes) {
  for (const Size& size : sizes) {
    if (size.value < 1) return Violation{size.field, std::to_string(size.value), "be at least 1"};
    if (size.value > size.largest)
      return Violation{size.field, std::to_string(size.value), fmt::format("be at most {}", size.largest)};
  }
  return std::nullopt;
}

/// The product of two sizes that passed check_sizes, which a projection has as one of its dimensions.
std::optional<Violation> check_width(const Size& a, const Size& b) {
  if (checked_product({a.value, b.value}) <= widest_projection) return std::nullopt;
  return Violation{a.field, std::to_string(a.value),
                   fmt::format("times {} = {} be at most {}", b.field, b.value, widest_projection)};
}

std::optional<Violation> check_rotary(const Model& model, const Attention& attention) {
  const std::int64_t rotary = attention.rotary_size;
  if (rotary < 0 || rotary > attention.head_size)
    return Violation{"partial_rotary_factor", fmt::format("{} of {} elements", rotary, attention.head_size),
                     "rotate at least none and at most all elements of a head"};
  if (rotary % 2 != 0)
    return Violation{"head_dim", std::to_string(attention.head_size),
                     fmt::format("give an even number of rotated elements, not {}", rotary)};
  if (model.positions == Positions::learned && rotary != 0)
    return Violation{"partial_rotary_factor", std::to_string(rotary), "be absent with learned positions"};
  return std::nullopt;
}

/// The rules of each kind of mixer and feed-forward part.
class PartRules {
 public:
  explicit PartRules(const Model& model) : model_{model} {}

  std::optional<Violation> operator()(std::monostate) const { return std::nullopt; }
  std::optional<Violation> operator()(const Linear&) const { return std::nullopt; }

  std::optional<Violation> operator()(const Attention& attention) const {
    if (auto bad = check_sizes({{"num_attention_heads", attention.heads, widest_projection},
                                {"num_key_value_heads", attention.kv_heads, widest_projection},
                                {"head_dim", attention.head_size, widest_projection}}))
      return bad;
    if (attention.heads % attention.kv_heads != 0)
      return Violation{"num_key_value_heads", std::to_string(attention.kv_heads),
                       fmt::format("divide num_attention_heads = {}", attention.heads)};
    if (attention.value_size < 0 || attention.value_size > widest_projection)
      return Violation{"v_head_dim", std::to_string(attention.value_size),
                       fmt::format("be from 0 to {}", widest_projection)};
    if (attention.output_gate && attention.value_elements() != attention.head_size)
      return Violation{"v_head_dim", std::to_string(attention.value_size),
                       fmt::format("be head_dim = {} where attention has a gate", attention.head_size)};
    if (auto bad = check_width({"num_attention_heads", attention.heads},
                               {"the size of a head", std::max(attention.head_size, attention.value_size)}))
      return bad;
    if (attention.window && *attention.window < 1)
      return Violation{"sliding_window", std::to_string(*attention.window), "be at least 1"};
    if (attention.chunk && *attention.chunk < 1)
      return Violation{"attention_chunk_size", std::to_string(*attention.chunk), "be at least 1"};
    return check_rotary(model_, attention);
  }

  std::optional<Violation> operator()(const LatentAttention& attention) const {
    if (auto bad = check_sizes({{"num_attention_heads", attention.heads, widest_projection},
                                {"kv_lora_rank", attention.kv_rank, widest_projection},
                                {"qk_nope_head_dim", attention.plain_size, widest_projection},
                                {"qk_rope_head_dim", attention.rotary_size, widest_projection},
                                {"v_head_dim", attention.value_size, widest_projection}}))
      return bad;
    if (attention.query_rank < 0 || attention.query_rank > widest_projection)
      return Violation{"q_lora_rank", std::to_string(attention.query_rank),
                       fmt::format("be from 0 to {}", widest_projection)};
    return check_width(
        {"num_attention_heads", attention.heads},
        {"the size of a head", attention.plain_size + std::max(attention.rotary_size, attention.value_size)});
  }

  std::optional<Violation> operator()(const Mamba& mamba) const {
    return check_sizes({{"intermediate_size", mamba.inner_size, widest_projection},
                        {"state_size", mamba.state_size, widest_state},
                        {"conv_kernel", mamba.kernel_size, widest_kernel},
                        {"time_step_rank", mamba.step_rank, widest_projection}});
  }

  std::optional<Violation> operator()(const Mamba2& mamba) const {
    if (auto bad = check_sizes({{"mamba_num_heads", mamba.heads, widest_projection},
                                {"mamba_head_dim", mamba.head_size, widest_projection},
                                {"n_groups", mamba.groups, widest_state},
                                {"state_size", mamba.state_size, widest_state},
                                {"conv_kernel", mamba.kernel_size, widest_kernel}}))
      return bad;
    if (mamba.heads % mamba.groups != 0)
      return Violation{"n_groups", std::to_string(mamba.groups),
                       fmt::format("divide the number of heads, {}", mamba.heads)};
    return check_width({"mamba_num_heads", mamba.heads}, {"mamba_head_dim", mamba.head_size});
  }

  std::optional<Violation> operator()(const GatedDeltaNet& net) const {
    if (auto bad = check_sizes({{"linear_num_key_heads", net.key_heads, widest_state},
                                {"linear_num_value_heads", net.value_heads, widest_state},
                                {"linear_key_head_dim", net.key_size, widest_state},
                                {"linear_value_head_dim", net.value_size, widest_state},
                                {"linear_conv_kernel_dim", net.kernel_size, widest_kernel}}))
      return bad;
    if (net.value_heads % net.key_heads != 0)
      return Violation{"linear_num_key_heads", std::to_string(net.key_heads),
                       fmt::format("divide linear_num_value_heads = {}", net.value_heads)};
    return std::nullopt;
  }

  std::optional<Violation> operator()(const Mlp& mlp) const {
    return check_sizes({{"intermediate_size", mlp.width, widest_projection}});
  }

  std::optional<Violation> operator()(const Experts& experts) const {
    if (auto bad = check_sizes({{"num_experts", experts.count, most_experts},
                                {"num_experts_per_tok", experts.active, experts.count},
                                {"moe_intermediate_size", experts.expert.width, widest_projection}}))
      return bad;
    if (!experts.shared) return std::nullopt;
    return check_sizes({{"shared_expert_intermediate_size", experts.shared->width, widest_projection}});
  }

 private:
  const Model& model_;
};

std::optional<Violation> check_layer(const Model& model, const Layer& layer) {
  const PartRules rules{model};
  if (auto bad = std::visit(rules, layer.mixer)) return bad;
  if (auto bad = std::visit(rules, layer.feed_forward)) return bad;
  const bool has_mixer = !std::holds_alternative<std::monostate>(layer.mixer);
  const bool has_feed_forward = !std::holds_alternative<std::monostate>(layer.feed_forward);
  if (has_mixer && has_feed_forward && !layer.norm_before_mlp && !layer.parallel_residual &&
      !layer.norm_after_each)
    return Violation{"parallel_residual", "false", "be true where one norm feeds attention and MLP"};
  if (layer.parallel_residual && !(has_mixer && has_feed_forward))
    return Violation{"parallel_residual", "true", "be false where a layer has one part only"};
  if (layer.norm_after_each && model.norm_bias)
    return Violation{"norm_bias", "true", "be false where outputs are normed too"};
  if (const auto& updates = layer.alternating_updates)
    return check_sizes({{"altup_num_inputs", updates->copies, 64},
                        {"laurel_rank", updates->laurel_rank, widest_hidden},
                        {"hidden_size_per_layer_input", updates->layer_embedding_size, widest_hidden}});
  return std::nullopt;
}

std::optional<Violation> check_constants(const Model& model) {
  if (!(model.norm_epsilon > 0 && model.norm_epsilon < 1))
    return Violation{"rms_norm_eps", fmt::format("{}", model.norm_epsilon), "lie between 0 and 1"};
  if (!(model.rope_theta > 0 && model.rope_theta < 1e18))
    return Violation{"rope_theta", fmt::format("{}", model.rope_theta), "be positive and finite"};
  if (model.norm == Norm::rms && model.norm_bias)
    return Violation{"norm_bias", "true", "be false with RMSNorm"};
  return std::nullopt;
}

}  // namespace

void add_layer(std::vector<LayerRun>& runs, Layer layer) {
  if (!runs.empty() && runs.back().layer == layer)
    ++runs.back().count;
  else
    runs.push_back({std::move(layer), 1});
}

std::int64_t layer_count(const Model& model) {
  std::int64_t count = 0;
  for (const LayerRun& run : model.layers) count = checked_sum(count, run.count);
  return count;
}

std::vector<LayerKind> layer_kinds(const Model& model) {
  std::vector<LayerKind> kinds;
  std::int64_t first = 0;
  for (const LayerRun& run : model.layers) {
    const auto known = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const LayerKind& kind) { return *kind.layer == run.layer; });
    const std::int64_t last = first + run.count - 1;
    if (known == kinds.end())
      kinds.push_back({&run.layer, first, last});
    else
      known->last = last;
    first += run.count;
  }
  return kinds;
}

std::vector<std::int64_t> representative_layers(const Model& model) {
  std::set<std::int64_t> layers;
  for (const LayerKind& kind : layer_kinds(model)) layers.insert({kind.first, kind.last});
  return {layers.begin(), layers.end()};
}

std::int64_t parameter_count(const Model& model) {
  std::int64_t sum = parameters_of(outer_weights(model));
  for (const LayerRun& run : model.layers)
    sum = checked_sum(sum, checked_product({run.count, parameters_of(layer_weights(model, run.layer))}));
  return sum;
}

std::int64_t active_parameter_count(const Model& model) {
  std::int64_t sum = parameters_of(outer_weights(model));
  for (const LayerRun& run : model.layers) {
    const Experts* experts = std::get_if<Experts>(&run.layer.feed_forward);
    const std::int64_t active = experts ? experts->active : all_experts;
    sum = checked_sum(sum,
                      checked_product({run.count, parameters_of(layer_weights(model, run.layer), active)}));
  }
  return sum;
}

std::optional<Violation> first_violation(const Model& model) {
  if (auto bad = check_sizes({{"num_hidden_layers", layer_count(model), most_layers},
                              {"hidden_size", model.hidden_size, widest_hidden},
                              {"vocab_size", model.vocabulary},
                              {"max_position_embeddings", model.max_positions}}))
    return bad;
  if (auto bad = check_constants(model)) return bad;
  for (const LayerRun& run : model.layers) {
    if (auto bad = check_sizes({{"num_hidden_layers", run.count, most_layers}})) return bad;
    if (auto bad = check_layer(model, run.layer)) return bad;
  }
  if (const double parameters = rough_parameter_count(model); parameters > most_parameters)
    return Violation{"num_hidden_layers", std::to_string(layer_count(model)),
                     fmt::format("give at most {:g} parameters, not {:g}", most_parameters, parameters)};
  return std::nullopt;
}

void validate(const Model& model) {
  if (const auto bad = first_violation(model))
    throw InputError{fmt::format("model '{}' is impossible: {} = {}", model.name, bad->field, bad->value),
                     fmt::format("it must {}", bad->rule), "correct the model's description"};
}

}  // namespace calibram
