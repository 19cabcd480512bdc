// SPDX-License-Identifier: MIT
// Finds a model's family, and what it calls a field.
#include "src/model/config/family.hpp"

#include <array>
#include <utility>

namespace calibram {
namespace {

std::array<std::span<const Family>, 4> tables() {
  return {dense_families(), classic_families(), expert_families(), recurrent_families()};
}

}  // namespace

const Family* find_family(std::string_view model_type) {
  for (const auto table : tables())
    for (const Family& family : table)
      if (family.model_type == model_type) return &family;
  return nullptr;
}

std::vector<std::string_view> family_names() {
  std::vector<std::string_view> names;
  for (const auto table : tables())
    for (const Family& family : table) names.push_back(family.model_type);
  return names;
}

std::string_view text_family_of(std::string_view model_type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> wrappers = {
      {{"gemma3", "gemma3_text"},
       {"gemma3n", "gemma3n_text"},
       {"llama4", "llama4_text"},
       {"mistral3", "mistral"},
       {"llava", "llama"}}};
  for (const auto& [wrapper, text] : wrappers)
    if (wrapper == model_type) return text;
  return {};
}

std::string_view own_field(const Family& family, std::string_view field) {
  std::vector<std::pair<std::string_view, std::string_view>> own = {
      {"hidden_size", family.hidden_size.field},
      {"num_hidden_layers", family.layers.field},
      {"vocab_size", family.vocabulary.field},
      {"num_attention_heads", family.heads.field},
      {"num_key_value_heads", family.kv_heads.field},
      {"head_dim", family.head_size.field},
      {"intermediate_size", family.mlp_width.field},
      {"max_position_embeddings", family.max_positions.field},
      {"rms_norm_eps", family.norm_epsilon.field},
      {"rope_theta", family.rope_theta.field},
      {"partial_rotary_factor", family.rotary_size.field},
      {"partial_rotary_factor", family.rotary_fraction.field}};
  if (const auto& experts = family.experts)
    own.insert(own.end(), {{"num_experts", experts->count.field},
                           {"num_experts_per_tok", experts->active.field},
                           {"moe_intermediate_size", experts->width.field},
                           {"shared_expert_intermediate_size", experts->shared_width.field},
                           {"shared_expert_intermediate_size", experts->shared_count.field}});
  if (const auto* mamba = std::get_if<Mamba2Fields>(&family.recurrent))
    own.insert(own.end(), {{"mamba_num_heads", mamba->heads.field},
                           {"mamba_head_dim", mamba->head_size.field},
                           {"n_groups", mamba->groups.field},
                           {"state_size", mamba->state_size.field},
                           {"conv_kernel", mamba->kernel_size.field}});
  if (const auto* mamba = std::get_if<MambaFields>(&family.recurrent))
    own.insert(own.end(), {{"time_step_rank", mamba->step_rank.field},
                           {"state_size", mamba->state_size.field},
                           {"conv_kernel", mamba->kernel_size.field}});
  for (const auto& [usual, name] : own)
    if (usual == field && !name.empty()) return name;
  return field;
}

}  // namespace calibram
