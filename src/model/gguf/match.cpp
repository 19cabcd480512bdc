// SPDX-License-Identifier: MIT
// The names of weights in GGUF files, and the comparison of shapes.
#include "src/model/gguf/match.hpp"

#include "src/core/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace calibram {
namespace {

using enum WeightName;

/// Where a weight is: names divided by '|' are alternatives, the first that is there and not another
/// weight's counts; those joined by '+' hold it together.
struct Place {
  WeightName weight;
  std::string_view names;
  std::string_view sizes = {};  ///< the keys that give its shape
};

constexpr std::string_view heads = "attention.head_count x attention.key_length";
constexpr std::string_view value_heads = "attention.head_count_kv x attention.value_length";
constexpr std::string_view key_heads = "attention.head_count_kv x attention.key_length";
constexpr std::string_view widths = "embedding_length, feed_forward_length";
constexpr std::string_view expert_widths =
    "expert_count, embedding_length, expert_feed_forward_length or feed_forward_length";
constexpr std::string_view scan = "ssm.inner_size, ssm.state_size, ssm.time_step_rank, ssm.group_count";

// Source: github.com/ggml-org/llama.cpp src/llama-arch.cpp, LLM_TENSOR_NAMES.
constexpr auto places = std::to_array<Place>({
    {mixer_norm, "attn_norm.weight", "embedding_length"},
    {mixer_norm_bias, "attn_norm.bias", "embedding_length"},
    {query, "attn_q.weight|attn_qkv.weight", heads},
    {query_bias, "attn_q.bias|attn_qkv.bias", heads},
    {key, "attn_k.weight|attn_qkv.weight", key_heads},
    {key_bias, "attn_k.bias|attn_qkv.bias", key_heads},
    {value, "attn_v.weight|attn_qkv.weight", value_heads},
    {value_bias, "attn_v.bias|attn_qkv.bias", value_heads},
    {query_norm, "attn_q_norm.weight", "attention.key_length"},
    {key_norm, "attn_k_norm.weight", "attention.key_length"},
    {sinks, "attn_sinks.weight", "attention.head_count"},
    {output, "attn_output.weight", "attention.head_count x attention.value_length"},
    {output_bias, "attn_output.bias", "embedding_length"},
    {query_down, "attn_q_a.weight", "attention.q_lora_rank"},
    {query_down_bias, "attn_q_a.bias", "attention.q_lora_rank"},
    {query_down_norm, "attn_q_a_norm.weight", "attention.q_lora_rank"},
    {query_up, "attn_q_b.weight", "attention.head_count x attention.key_length_mla"},
    {kv_down, "attn_kv_a_mqa.weight", "attention.kv_lora_rank + rope.dimension_count"},
    {kv_down_bias, "attn_kv_a_mqa.bias", "attention.kv_lora_rank + rope.dimension_count"},
    {kv_down_norm, "attn_kv_a_norm.weight", "attention.kv_lora_rank"},
    {kv_up, "attn_k_b.weight+attn_v_b.weight|attn_kv_b.weight",
     "attention.head_count, attention.key_length_mla, attention.value_length_mla"},
    {state_input, "ssm_in.weight|attn_qkv.weight+attn_gate.weight", scan},
    {state_input_bias, "ssm_in.bias", scan},
    {convolution, "ssm_conv1d.weight", "ssm.conv_kernel, ssm.inner_size"},
    {convolution_bias, "ssm_conv1d.bias", "ssm.inner_size"},
    {state_parameters, "ssm_x.weight", scan},
    {step, "ssm_dt.weight", scan},
    {step_bias, "ssm_dt.bias", scan},
    {step_norm, "ssm_dt_norm.weight", scan},
    {state_input_norm, "ssm_b_norm.weight", scan},
    {state_output_norm, "ssm_c_norm.weight", scan},
    {decay, "ssm_a", scan},
    {skip, "ssm_d", scan},
    {gates, "ssm_ba.weight|ssm_beta.weight+ssm_alpha.weight", scan},
    {state_norm, "ssm_norm.weight", scan},
    {state_output, "ssm_out.weight", scan},
    {state_output_bias, "ssm_out.bias", "embedding_length"},
    {mixer_linear, "attn_output.weight", "embedding_length"},
    {mixer_linear_bias, "attn_output.bias", "embedding_length"},
    {after_mixer_norm, "post_attention_norm.weight", "embedding_length"},
    {mlp_norm,
     "ffn_norm.weight|post_attention_norm.weight|attn_norm_2.weight|attn_output_norm.weight|attn_norm.weight",
     "embedding_length"},
    {mlp_norm_bias, "ffn_norm.bias|attn_norm_2.bias|attn_output_norm.bias|attn_norm.bias",
     "embedding_length"},
    {router, "ffn_gate_inp.weight", "expert_count"},
    {router_bias, "exp_probs_b.bias|ffn_gate_inp.bias", "expert_count"},
    {expert_gate, "ffn_gate_exps.weight|ffn_gate_up_exps.weight", expert_widths},
    {expert_gate_bias, "ffn_gate_exps.bias|ffn_gate_up_exps.bias", expert_widths},
    {expert_up, "ffn_up_exps.weight|ffn_gate_up_exps.weight", expert_widths},
    {expert_up_bias, "ffn_up_exps.bias|ffn_gate_up_exps.bias", expert_widths},
    {expert_down, "ffn_down_exps.weight", expert_widths},
    {expert_down_bias, "ffn_down_exps.bias", expert_widths},
    {gate, "ffn_gate_shexp.weight|ffn_gate.weight|ffn_up.weight", widths},
    {gate_bias, "ffn_gate.bias|ffn_up.bias", widths},
    {up, "ffn_up_shexp.weight|ffn_up.weight", widths},
    {up_bias, "ffn_up.bias", widths},
    {down, "ffn_down_shexp.weight|ffn_down.weight", widths},
    {down_bias, "ffn_down.bias", widths},
    {shared_gate, "ffn_gate_inp_shexp.weight", "embedding_length"},
    {after_mlp_norm, "post_ffw_norm.weight", "embedding_length"},
    {prediction, "altup_predict_coef.weight"},
    {correction, "altup_correct_coef.weight"},
    {correction_scale, "altup_correct_scale.weight", "embedding_length"},
    {update_router, "altup_router.weight", "embedding_length"},
    {update_router_norm, "altup_router_norm.weight", "embedding_length"},
    {laurel_down, "laurel_l.weight", "embedding_length"},
    {laurel_up, "laurel_r.weight", "embedding_length"},
    {laurel_norm, "laurel_post_norm.weight", "embedding_length"},
    {layer_embedding_gate, "inp_gate.weight", "embedding_length"},
    {layer_embedding_up, "proj.weight", "embedding_length"},
    {layer_embedding_norm, "post_norm.weight", "embedding_length"},
    {embedding, "token_embd.weight", "the vocabulary, embedding_length"},
    {position_embedding, "position_embd.weight", "context_length, embedding_length"},
    {layer_embedding, "per_layer_token_embd.weight", "block_count"},
    {layer_embedding_projection, "per_layer_model_proj.weight", "block_count, embedding_length"},
    {layer_embedding_projection_norm, "per_layer_proj_norm.weight"},
    {update_projection, "altup_proj.weight", "embedding_length"},
    {update_unprojection, "altup_unembd_proj.weight", "embedding_length"},
    {final_norm, "output_norm.weight", "embedding_length"},
    {final_norm_bias, "output_norm.bias", "embedding_length"},
    {head, "output.weight", "the vocabulary, embedding_length"},
    {head_bias, "output.bias", "the vocabulary"},
});

/// Tensors that hold one weight or several, and what these need together.
struct Group {
  std::string_view names;
  std::string_view sizes;
  std::int64_t elements = 0;
  std::int64_t columns = 0;  ///< 0: not compared
};

class Matcher {
 public:
  Matcher(TensorsByName& stored, std::string prefix, const GgufKeys& keys)
      : stored_{stored}, prefix_{std::move(prefix)}, keys_{keys} {}

  void add(const WeightShape& shape) {
    const auto place = std::ranges::find(places, shape.name, &Place::weight);
    if (place == places.end()) keys_.fail("a weight has no place in GGUF files", "llama.cpp knows none");
    Group& group = group_for(*place);
    group.elements = checked_sum(group.elements, checked_product({shape.count, shape.rows, shape.columns}));
    // Vectors may be stored as columns, and what is projected by heads is stored head by head.
    const bool is_whole = group.names.find('+') == std::string_view::npos;
    group.columns = shape.role == WeightRole::vector || !is_whole ? 0 : shape.columns;
  }

  void compare() const {
    for (const Group& group : groups_) {
      std::int64_t elements = 0;
      for (const std::string_view name : split(group.names, '+'))
        elements = checked_sum(elements, element_count(stored_.find(name)->shape).value_or(0));
      const Shape& shape = stored_.find(first_of(group.names))->shape;
      const bool has_columns = group.columns == 0 || (!shape.empty() && shape.back() == group.columns);
      if (elements != group.elements || !has_columns) fail_shape(group, shape, elements);
    }
  }

 private:
  bool is_there(std::string_view names) const {
    return std::ranges::all_of(split(names, '+'), [&](std::string_view name) { return stored_.has(name); });
  }

  static std::string_view first_of(std::string_view names) { return names.substr(0, names.find('+')); }

  Group* find_group(std::string_view names) {
    const auto found = std::ranges::find(groups_, names, &Group::names);
    return found == groups_.end() ? nullptr : &*found;
  }

  /// The group of the first alternative that is there and free, or that this weight can join.
  Group& group_for(const Place& place) {
    for (const std::string_view names : split(place.names, '|')) {
      if (!is_there(names)) continue;
      if (Group* group = find_group(names); group && is_fused(names)) return *group;
      if (stored_.is_described(first_of(names))) continue;
      for (const std::string_view name : split(names, '+')) stored_.claim(name);
      return groups_.emplace_back(Group{names, place.sizes});
    }
    fail_missing(place);
  }

  /// Tensors that several weights may be in.
  static bool is_fused(std::string_view names) {
    return names.starts_with("attn_qkv.") || names.starts_with("ffn_gate_up_exps.") ||
           names.starts_with("ffn_up.");
  }

  [[noreturn]] void fail_missing(const Place& place) const {
    const std::string_view first = place.names.substr(0, place.names.find_first_of("|+"));
    keys_.fail(fmt::format("there is no tensor '{}{}'", prefix_, first),
               "the other tensors and the metadata need it");
  }

  [[noreturn]] void fail_shape(const Group& group, const Shape& shape, std::int64_t elements) const {
    std::string needed = fmt::format("{} elements", group.elements);
    if (group.columns > 0)
      needed = fmt::format("[{}, {}] in all", group.elements / group.columns, group.columns);
    keys_.fail(
        fmt::format("{}{} has {} elements, [{}]", prefix_, group.names, elements, fmt::join(shape, ", ")),
        fmt::format("the metadata need {}{}{}", needed, group.sizes.empty() ? "" : ": ", group.sizes));
  }

  TensorsByName& stored_;
  std::string prefix_;
  const GgufKeys& keys_;
  std::vector<Group> groups_;
};

}  // namespace

void match(const WeightShapes& described, TensorsByName& stored, std::optional<std::int64_t> layer,
           const GgufKeys& keys) {
  Matcher matcher{stored, layer ? fmt::format("blk.{}.", *layer) : std::string{}, keys};
  for (const WeightShape& shape : described) matcher.add(shape);
  matcher.compare();
}

}  // namespace calibram
