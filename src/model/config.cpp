// SPDX-License-Identifier: MIT
// Turns the fields of a config.json into an architecture of its family, or refuses them.
#include "src/model/config.hpp"

#include "src/core/error.hpp"
#include "src/core/json_file.hpp"
#include "src/core/names.hpp"
#include "src/model/family.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace calibram {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t largest_count = 2147483647;

struct Refusal {
  std::string_view field;
  std::string_view rule;
  std::string_view remedy;
};

constexpr std::string_view use_rules = "give the size, such as 57B, and ask a rule of thumb";
constexpr std::string_view not_experts = "must be absent: mixtures of experts are not modelled";

// Refused where present and neither null, false nor 0.
constexpr std::array<Refusal, 10> refusals = {{
    {"num_experts", not_experts, use_rules},
    {"num_local_experts", not_experts, use_rules},
    {"n_routed_experts", not_experts, use_rules},
    {"moe_num_experts", not_experts, use_rules},
    {"kv_lora_rank", "must be absent: latent attention (MLA) is not modelled", use_rules},
    {"is_encoder_decoder", "must be false: only decoders are modelled", use_rules},
    {"add_cross_attention", "must be false: only decoders are modelled", use_rules},
    {"text_config", "must be absent: multimodal models are not modelled",
     "give the config.json of the language model alone"},
    {"qk_layernorm", "must be false: LayerNorms of queries and keys are not modelled", use_rules},
    {"quantization_config", "must be absent: the architecture is read here, not how a checkpoint stores it",
     "give the original model's config.json, and the format with --weights"},
}};

bool is_set(const nlohmann::json& value) {
  return !value.is_null() && value != nlohmann::json(false) && value != nlohmann::json(0);
}

void refuse_unsupported(const JsonNode& root) {
  for (const Refusal& refusal : refusals) {
    const std::optional<JsonNode> node = root.find(refusal.field);
    if (node && is_set(node->value())) node->fail(std::string{refusal.rule}, std::string{refusal.remedy});
  }
}

const Family& family_of(const JsonNode& root) {
  const std::string model_type = root.text("model_type");
  if (const Family* family = find_family(model_type)) return *family;
  std::vector<std::string_view> known;
  for (const Family& family : families()) known.push_back(family.model_type);
  root.find("model_type")
      ->fail("must be one of the known families: " + joined(known), std::string{use_rules});
}

std::int64_t size(const JsonNode& root, std::string_view field) {
  return root.integer(field, 1, largest_count);
}

std::optional<std::int64_t> optional_size(const JsonNode& root, std::string_view field) {
  return root.optional_integer(field, 1, largest_count);
}

/// The reference implementations tell a field that is null from one that is absent.
bool is_null(const JsonNode& root, std::string_view field) {
  const auto member = root.value().find(std::string{field});
  return member != root.value().end() && member->is_null();
}

bool is_on(const JsonNode& root, const Switch& property) {
  if (property.field.empty()) return property.by_default;
  return root.optional_boolean(property.field).value_or(property.by_default);
}

std::int64_t kv_heads(const JsonNode& root, const Family& family, std::int64_t heads) {
  const std::string_view field = family.fields.kv_heads;
  if (field.empty() || is_null(root, field)) return heads;
  return optional_size(root, field).value_or(family.kv_heads > 0 ? family.kv_heads : heads);
}

std::int64_t divided_head_size(const JsonNode& root, const Family& family, const Architecture& sizes) {
  if (sizes.hidden_size % sizes.heads != 0)
    root.find(family.fields.hidden_size)
        ->fail("must be a multiple of " + std::string{family.fields.heads} + " = " +
               std::to_string(sizes.heads));
  return sizes.hidden_size / sizes.heads;
}

std::int64_t head_size(const JsonNode& root, const Family& family, const Architecture& sizes) {
  const std::optional<std::int64_t> given = optional_size(root, "head_dim");
  if (given && family.reads_head_size) return *given;
  if (!given && family.head_size > 0) return family.head_size;
  const std::int64_t divided = divided_head_size(root, family, sizes);
  if (given && *given != divided)
    root.find("head_dim")
        ->fail("must be hidden size / heads = " + std::to_string(divided) + " in this family");
  return divided;
}

std::int64_t mlp_width(const JsonNode& root, const Family& family, std::int64_t hidden_size) {
  if (family.mlp_width_in_hidden == 0) return size(root, family.fields.mlp_width);
  return optional_size(root, family.fields.mlp_width).value_or(family.mlp_width_in_hidden * hidden_size);
}

Activation activation(const JsonNode& root, const Family& family) {
  constexpr std::array<std::pair<std::string_view, Activation>, 8> known = {
      {{"silu", Activation::silu},
       {"swish", Activation::silu},
       {"gelu", Activation::gelu},
       {"gelu_new", Activation::gelu},
       {"gelu_fast", Activation::gelu},
       {"gelu_python", Activation::gelu},
       {"gelu_pytorch_tanh", Activation::gelu},
       {"relu", Activation::relu}}};
  std::optional<JsonNode> node = root.find(family.fields.activation);
  if (!node) node = root.find("hidden_act");
  if (!node) return family.activation;
  const std::string name = node->as_text();
  for (auto [text, meant] : known)
    if (text == name) return meant;
  node->fail("must be silu, gelu (or one of its approximations) or relu");
}

/// Rotary constants stand at the top, or since transformers 5 in `rope_parameters`.
double rotary_number(const JsonNode& root, std::string_view field, std::string_view nested_field,
                     double by_default, double lowest, double highest) {
  if (field.empty()) return by_default;
  if (const auto value = root.optional_number(field, lowest, highest)) return *value;
  const std::optional<JsonNode> nested = root.optional_object("rope_parameters");
  if (!nested) return by_default;
  return nested->optional_number(nested_field, lowest, highest).value_or(by_default);
}

std::optional<std::int64_t> window(const JsonNode& root, const Family& family) {
  constexpr std::string_view field = "sliding_window";
  if (family.window_rule == WindowRule::none || !is_on(root, family.uses_window) || is_null(root, field))
    return std::nullopt;
  const std::optional<std::int64_t> given = optional_size(root, field);
  return given ? given : family.window;
}

std::vector<bool> windowed_layers(const JsonNode& root, const Family& family, std::int64_t layers) {
  const auto types = root.optional_array("layer_types");
  std::vector<bool> windowed;
  if (!types) return windowed;
  if (static_cast<std::int64_t>(types->size()) != layers)
    root.find("layer_types")->fail("must have one entry per layer, " + std::to_string(layers));
  for (const JsonNode& type : *types) {
    const std::string name = type.as_text();
    if (name != "full_attention" && name != "sliding_attention")
      type.fail("must be full_attention or sliding_attention: no other kind of layer is modelled",
                std::string{use_rules});
    windowed.push_back(name == "sliding_attention");
    if (windowed.back() && family.window_rule == WindowRule::none)
      type.fail("must be full_attention: this family has no sliding window");
  }
  return windowed;
}

/// PyTorch's own default is FP32; a config.json that names no type has it.
std::string stored_format(const JsonNode& root) {
  std::optional<JsonNode> node = root.find("torch_dtype");
  if (!node) node = root.find("dtype");
  if (!node) return "fp32";
  std::string name = node->as_text();
  if (name.starts_with("torch.")) name.erase(0, 6);
  if (name == "float32") return "fp32";
  if (name == "float16") return "fp16";
  if (name == "bfloat16") return "bf16";
  node->fail("must be float32, float16 or bfloat16");
}

void read_sizes(const JsonNode& root, const Family& family, Architecture& architecture) {
  const FieldNames& fields = family.fields;
  architecture.layers = root.integer(fields.layers, 1, most_layers);
  architecture.hidden_size = size(root, fields.hidden_size);
  architecture.heads = size(root, fields.heads);
  architecture.kv_heads = kv_heads(root, family, architecture.heads);
  architecture.head_size = head_size(root, family, architecture);
  architecture.mlp_width = mlp_width(root, family, architecture.hidden_size);
  architecture.vocabulary = size(root, "vocab_size");
  architecture.max_positions = optional_size(root, fields.max_positions).value_or(family.max_positions);
}

Architecture read_architecture(const JsonNode& root, const Family& family) {
  const FieldNames& fields = family.fields;
  Architecture architecture = default_architecture(family);
  read_sizes(root, family, architecture);
  architecture.norm_epsilon =
      root.optional_number(fields.norm_epsilon, 0.0, 1.0).value_or(family.norm_epsilon);
  architecture.rope_theta =
      rotary_number(root, fields.rope_theta, "rope_theta", architecture.rope_theta, 0.0, 1e15);
  architecture.rotary_fraction =
      rotary_number(root, fields.rotary_fraction, "partial_rotary_factor", family.rotary_fraction, 0.0, 1.0);
  architecture.activation = activation(root, family);
  architecture.qkv_bias = is_on(root, family.qkv_bias);
  architecture.output_bias = is_on(root, family.output_bias);
  architecture.mlp_bias = is_on(root, family.mlp_bias);
  architecture.parallel_residual = is_on(root, family.parallel_residual);
  architecture.tied_embeddings =
      root.optional_boolean("tie_word_embeddings").value_or(family.tied_embeddings);
  architecture.window = window(root, family);
  architecture.first_windowed_layer =
      root.optional_integer("max_window_layers", 0, largest_count).value_or(family.first_windowed_layer);
  architecture.windowed_layers = windowed_layers(root, family, architecture.layers);
  architecture.stored_format = stored_format(root);
  return architecture;
}

/// The family's own name of a field, for messages.
std::string_view field_in(const Family& family, std::string_view field) {
  constexpr FieldNames usual;
  constexpr std::array members = {
      &FieldNames::hidden_size,  &FieldNames::layers,     &FieldNames::heads,
      &FieldNames::kv_heads,     &FieldNames::mlp_width,  &FieldNames::max_positions,
      &FieldNames::norm_epsilon, &FieldNames::rope_theta, &FieldNames::rotary_fraction};
  for (const auto member : members)
    if (usual.*member == field && !(family.fields.*member).empty()) return family.fields.*member;
  return field;
}

void refuse_impossible(const JsonNode& root, const Family& family, const Model& model) {
  const std::optional<Violation> bad = first_violation(model);
  if (!bad) return;
  const std::string field{field_in(family, bad->field)};
  if (const std::optional<JsonNode> node = root.find(field)) node->fail("must " + bad->rule);
  throw InputError{root.file() + ": $." + field + " is absent, which means " + bad->value,
                   "must " + bad->rule, "give it"};
}

std::string name_of(const fs::path& file) {
  const fs::path full = fs::absolute(file).lexically_normal();
  return full.filename() == "config.json" ? full.parent_path().filename().string() : full.stem().string();
}

}  // namespace

Model read_config(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at cannot be read either, and reading says why
  const fs::path file = fs::is_directory(path, ignored) ? path / "config.json" : path;
  const JsonNode root = load_json(file);
  if (!root.value().is_object()) root.fail("must be an object, as a config.json is");
  refuse_unsupported(root);
  const Family& family = family_of(root);
  Model model = build_model(family, read_architecture(root, family), name_of(file));
  refuse_impossible(root, family, model);
  return model;
}

}  // namespace calibram
