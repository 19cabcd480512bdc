// SPDX-License-Identifier: MIT
// Counts a model's layers and parameters, and checks that it can exist.
#include "src/model/model.hpp"

#include "src/core/bytes.hpp"
#include "src/core/error.hpp"
#include "src/model/weights.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

// At least fifty times what any published model has, and small enough that their products with most_layers
// stay below 2^60.
constexpr std::int64_t widest_hidden = 1 << 20;
constexpr std::int64_t widest_projection = 1 << 24;
constexpr std::int64_t largest_count = 2147483647;

std::int64_t parameters_of(const WeightShapes& shapes) {
  std::int64_t sum = 0;
  for (const WeightShape& shape : shapes)
    sum = checked_sum(sum, checked_product({shape.rows, shape.columns}));
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

std::optional<Violation> check_attention(const Model& model, const Attention& attention) {
  if (auto bad = check_sizes({{"num_attention_heads", attention.heads, widest_projection},
                              {"num_key_value_heads", attention.kv_heads, widest_projection},
                              {"head_dim", attention.head_size, widest_projection}}))
    return bad;
  if (attention.heads % attention.kv_heads != 0)
    return Violation{"num_key_value_heads", std::to_string(attention.kv_heads),
                     fmt::format("divide num_attention_heads = {}", attention.heads)};
  if (checked_product({attention.heads, attention.head_size}) > widest_projection)
    return Violation{
        "num_attention_heads", std::to_string(attention.heads),
        fmt::format("times head_dim = {} be at most {}", attention.head_size, widest_projection)};
  if (attention.query_key_norm != 0 && attention.query_key_norm != attention.head_size)
    return Violation{"qk_norm", std::to_string(attention.query_key_norm), "be 0 or head_dim"};
  if (attention.window && *attention.window < 1)
    return Violation{"sliding_window", std::to_string(*attention.window), "be at least 1"};
  return check_rotary(model, attention);
}

std::optional<Violation> check_layer(const Model& model, const Layer& layer) {
  if (auto bad = check_attention(model, layer.attention)) return bad;
  if (auto bad = check_sizes({{"intermediate_size", layer.mlp.width, widest_projection}})) return bad;
  if (!layer.norm_before_mlp && !layer.parallel_residual)
    return Violation{"parallel_residual", "false", "be true where one norm feeds attention and MLP"};
  if (layer.norm_after_each && model.norm_bias)
    return Violation{"norm_bias", "true", "be false where outputs are normed too"};
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

std::int64_t layer_count(const Model& model) {
  std::int64_t count = 0;
  for (const LayerRun& run : model.layers) count = checked_sum(count, run.count);
  return count;
}

std::int64_t parameter_count(const Model& model) {
  std::int64_t sum = parameters_of(outer_weights(model));
  for (const LayerRun& run : model.layers)
    sum = checked_sum(sum, checked_product({run.count, parameters_of(layer_weights(model, run.layer))}));
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
  return std::nullopt;
}

void validate(const Model& model) {
  if (const auto bad = first_violation(model))
    throw InputError{fmt::format("model '{}' is impossible: {} = {}", model.name, bad->field, bad->value),
                     fmt::format("it must {}", bad->rule), "correct the model's description"};
}

}  // namespace calibram
