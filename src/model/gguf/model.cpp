// SPDX-License-Identifier: MIT
// Puts a model together from a GGUF header, and says what was assumed or left out.
#include "src/model/gguf/model.hpp"

#include "src/core/names.hpp"
#include "src/core/printable.hpp"
#include "src/model/format.hpp"
#include "src/model/gguf/layers.hpp"
#include "src/model/gguf/match.hpp"
#include "src/model/weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace calibram {
namespace {

/// What a violated field of config.json is called in GGUF files.
constexpr auto gguf_names = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"num_hidden_layers", "block_count"},
    {"hidden_size", "embedding_length"},
    {"max_position_embeddings", "context_length"},
    {"rms_norm_eps", "attention.layer_norm_epsilon"},
    {"rope_theta", "rope.freq_base"},
    {"partial_rotary_factor", "rope.dimension_count"},
    {"num_attention_heads", "attention.head_count"},
    {"num_key_value_heads", "attention.head_count_kv"},
    {"head_dim", "attention.key_length"},
    {"v_head_dim", "attention.value_length"},
    {"sliding_window", "attention.sliding_window"},
    {"q_lora_rank", "attention.q_lora_rank"},
    {"kv_lora_rank", "attention.kv_lora_rank"},
    {"intermediate_size", "feed_forward_length or ssm.inner_size"},
    {"moe_intermediate_size", "expert_feed_forward_length"},
    {"num_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count"},
    {"state_size", "ssm.state_size"},
    {"conv_kernel", "ssm.conv_kernel"},
    {"time_step_rank", "ssm.time_step_rank"},
    {"n_groups", "ssm.group_count"},
});

void require_possible(const Model& model, const GgufKeys& keys) {
  const std::optional<Violation> bad = first_violation(model);
  if (!bad) return;
  const auto named =
      std::ranges::find(gguf_names, bad->field, &std::pair<std::string_view, std::string_view>::first);
  keys.fail(named == gguf_names.end() ? bad->field : named->second, bad->value, "must " + bad->rule);
}

struct LayerCounts {
  std::int64_t stored, used;
};

/// Layers at the end may predict further tokens (NextN, MTP) and are no part of the pass.
LayerCounts count_layers(const GgufKeys& keys) {
  const std::int64_t stored = keys.required("block_count");
  if (stored < 1 || stored > most_layers)
    keys.fail("block_count", std::to_string(stored), fmt::format("must be from 1 to {}", most_layers));
  const std::int64_t next = keys.find("nextn_predict_layers").value_or(0);
  if (next >= stored)
    keys.fail("nextn_predict_layers", std::to_string(next),
              fmt::format("must be less than block_count = {}", stored));
  return {stored, stored - next};
}

/// llama.cpp takes the tokenizer's tokens, and where there are none vocab_size.
std::int64_t vocabulary(GgufKeys& keys, const TensorsByName& outer) {
  if (const auto tokens = keys.list_length("tokenizer.ggml.tokens")) return *tokens;
  return keys.or_default("vocab_size", outer.rows("token_embd.weight"));
}

/// The one format of all weight matrices, as formats are named here; "as-stored" where they are of several.
std::string stored_format(const GgufTensors& tensors) {
  const StoredType* type = nullptr;
  bool is_one = true;
  const auto look = [&](const TensorsByName& part) {
    for (const TensorsByName::Entry& entry : part.entries()) {
      const bool is_matrix = entry.tensor->shape.size() > 1 && entry.tensor->type->name != "F32";
      if (!is_matrix) continue;
      is_one = is_one && (!type || type == entry.tensor->type);
      type = entry.tensor->type;
    }
  };
  look(tensors.outer);
  for (const TensorsByName& layer : tensors.layers) look(layer);
  if (!type) return "fp32";
  std::string name = type->name == "F16" ? "fp16" : lower_case(type->name);
  if (name == "mxfp4" || name == "nvfp4") name = "ggml-" + name;  // others mean another layout by these
  const auto known = std::ranges::find(formats(), name, &Format::name);
  return is_one && known != formats().end() && known->has_exact_bytes ? name : "as-stored";
}

Model outline(const GgufArchitecture& architecture, GgufKeys& keys, const GgufTensors& tensors,
              std::string name) {
  Model model;
  model.name = std::move(name);
  model.family = architecture.name;
  model.hidden_size = keys.required("embedding_length");
  model.vocabulary = vocabulary(keys, tensors.outer);
  model.norm = architecture.norm;
  model.norm_weight = architecture.norm_weight;
  model.norm_bias = tensors.outer.has("output_norm.bias");
  const bool is_rms = architecture.norm == Norm::rms;
  constexpr std::string_view rms = "attention.layer_norm_rms_epsilon", plain = "attention.layer_norm_epsilon";
  model.norm_epsilon = keys.required_number(is_rms ? rms : plain, is_rms ? plain : rms);
  model.positions = architecture.positions;
  model.max_positions = keys.required("context_length");
  model.tied_embeddings = !tensors.outer.has("output.weight");
  model.head_bias = tensors.outer.has("output.bias");
  model.layer_embedding_vocabulary = tensors.outer.rows("per_layer_token_embd.weight");
  model.stored_format = stored_format(tensors);
  return model;
}

bool rotates(const Model& model) {
  return std::ranges::any_of(model.layers, [](const LayerRun& run) {
    const Attention* attention = attention_of(run.layer);
    return (attention && attention->rotary_size > 0) ||
           std::holds_alternative<LatentAttention>(run.layer.mixer);
  });
}

void match_all(const Model& model, GgufTensors& tensors, const GgufKeys& keys) {
  match(outer_weights(model), tensors.outer, std::nullopt, keys);
  std::int64_t number = 0;
  for (const LayerRun& run : model.layers) {
    const WeightShapes shapes = layer_weights(model, run.layer);
    for (std::int64_t i = 0; i < run.count; ++i, ++number)
      match(shapes, tensors.layers[static_cast<std::size_t>(number)], number, keys);
  }
}

/// Tensors that the description does not claim.
struct Leftovers {
  std::int64_t count = 0;
  Bytes bytes;
  std::vector<std::string> first_names;

  void add(const TensorsByName& part) {
    constexpr std::size_t most_names = 3;
    for (const TensorsByName::Entry& entry : part.entries()) {
      if (entry.is_described) continue;
      ++count;
      bytes += entry.tensor->bytes;
      if (first_names.size() < most_names) first_names.push_back(printable(entry.tensor->name));
    }
  }

  std::string words() const {
    const auto more = count - std::ssize(first_names);
    return fmt::format("{} tensors of {} bytes, {}{}", count, bytes.count(), fmt::join(first_names, ", "),
                       more > 0 ? fmt::format(" and {} more", more) : "");
  }
};

void remark_window(const Model& model, const GgufKeys& keys, Remarks& remarks) {
  const std::int64_t window = keys.find("attention.sliding_window").value_or(0);
  const bool has_any = std::ranges::any_of(model.layers, [](const LayerRun& run) {
    const Attention* attention = attention_of(run.layer);
    return attention && (attention->window || attention->chunk);
  });
  if (window > 0 && !has_any)
    remarks.push_back(
        fmt::format("attention.sliding_window = {} is not used, as in llama.cpp: every layer "
                    "sees the whole context",
                    window));
}

Remarks remarks_of(const Model& model, const GgufKeys& keys, const GgufTensors& tensors, LayerCounts layers) {
  Remarks remarks;
  if (!keys.defaults().empty())
    remarks.push_back(
        fmt::format("absent keys are taken as llama.cpp takes them: {}", fmt::join(keys.defaults(), ", ")));
  remark_window(model, keys, remarks);
  Leftovers extra, next;
  extra.add(tensors.outer);
  for (std::int64_t i = 0; i < layers.stored; ++i)
    (i < layers.used ? extra : next).add(tensors.layers[static_cast<std::size_t>(i)]);
  if (layers.used < layers.stored)
    remarks.push_back(fmt::format("the last {} of {} layers predict further tokens and are left out: {}",
                                  layers.stored - layers.used, layers.stored, next.words()));
  if (extra.count > 0) remarks.push_back(fmt::format("not counted as parameters: {}", extra.words()));
  const auto keeps_heads = [](const LayerRun& run) {
    const auto* latent = std::get_if<LatentAttention>(&run.layer.mixer);
    return latent && !latent->absorbable;
  };
  if (std::ranges::any_of(model.layers, keeps_heads))
    remarks.push_back(
        "attention.key_length_mla is absent: llama.cpp keeps the keys and values of all heads for such "
        "files, "
        "not the latent vectors");
  return remarks;
}

}  // namespace

Model model_of(const Gguf& gguf, std::string name) {
  GgufKeys keys{gguf};
  const GgufArchitecture& architecture = gguf_architecture(keys.architecture(), keys.file());
  const LayerCounts layers = count_layers(keys);
  GgufTensors tensors = sorted_tensors(gguf.weights, layers.stored, keys);
  Model model = outline(architecture, keys, tensors, std::move(name));
  const LayerSizes sizes = layer_sizes(architecture, keys, layers.stored, layers.used);
  LayerReader reader{architecture, keys, sizes, model.hidden_size};
  for (std::int64_t i = 0; i < layers.used; ++i)
    add_layer(model.layers, reader.read(i, tensors.layers[static_cast<std::size_t>(i)]));
  if (rotates(model)) model.rope_theta = keys.number_or_default("rope.freq_base", model.rope_theta);
  require_possible(model, keys);
  match_all(model, tensors, keys);
  model.remarks = remarks_of(model, keys, tensors, layers);
  return model;
}

}  // namespace calibram
