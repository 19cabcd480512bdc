// SPDX-License-Identifier: MIT
// Turns a config.json into a model: family, text part, sizes outside the layers, and what must be refused.
#include "src/model/config/config.hpp"

#include "src/core/error.hpp"
#include "src/core/json_file.hpp"
#include "src/core/names.hpp"
#include "src/model/config/family.hpp"
#include "src/model/config/fields.hpp"
#include "src/model/config/layers.hpp"
#include "src/model/quantisation/quantisation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace calibram {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view use_rules = "give the size, such as 57B, and ask a rule of thumb";

struct Refusal {
  std::string_view field;
  std::string_view rule;
};

constexpr std::string_view no_experts = "must be absent: this family has no mixtures of experts";

// Refused where present and neither null, false nor 0.
constexpr std::array<Refusal, 3> refusals = {
    {{"is_encoder_decoder", "must be false: only decoders are modelled"},
     {"add_cross_attention", "must be false: only decoders are modelled"},
     {"use_cla", "must be false: caches that neighbouring layers share are not modelled"}}};
constexpr std::array<Refusal, 4> refusals_without_experts = {{{"num_experts", no_experts},
                                                              {"num_local_experts", no_experts},
                                                              {"n_routed_experts", no_experts},
                                                              {"moe_num_experts", no_experts}}};
constexpr std::array<Refusal, 1> refusals_without_latent = {
    {{"kv_lora_rank", "must be absent: this family has no latent attention (MLA)"}}};
constexpr std::array<Refusal, 1> refusals_without_head_norms = {
    {{"qk_layernorm", "must be false: LayerNorms of queries and keys are not modelled in this family"}}};

bool is_set(const nlohmann::json& value) {
  return !value.is_null() && value != nlohmann::json(false) && value != nlohmann::json(0);
}

void refuse(const JsonNode& root, std::span<const Refusal> fields) {
  for (const Refusal& refusal : fields) {
    const std::optional<JsonNode> node = root.find(refusal.field);
    if (node && is_set(node->value())) node->fail(std::string{refusal.rule}, std::string{use_rules});
  }
}

void refuse_unsupported(const JsonNode& root, const Family& family) {
  refuse(root, refusals);
  if (!family.experts) refuse(root, refusals_without_experts);
  if (!family.latent) refuse(root, refusals_without_latent);
  if (family.head_norms.present.field != "qk_layernorm") refuse(root, refusals_without_head_norms);
}

const Family& family_of(const JsonNode& root, std::string_view by_default) {
  const std::string model_type =
      root.has("model_type") || by_default.empty() ? root.text("model_type") : std::string{by_default};
  if (const Family* family = find_family(model_type)) return *family;
  const std::vector<std::string_view> known = family_names();
  const std::vector<std::string> near = nearest_names(model_type, known);
  const std::string names = near.empty() ? joined(known) : fmt::format("{}", fmt::join(near, ", "));
  root.find("model_type")
      ->fail(fmt::format("must be a known family, {}{}", near.empty() ? "" : "such as ", names),
             std::string{use_rules});
}

/// PyTorch's own default is FP32; a config.json that names no type has it, but loading a quantised
/// checkpoint gives the rest BF16.
std::string stored_format(ConfigFields& fields) {
  const std::optional<JsonNode> node = fields.find_outside("torch_dtype dtype");
  if (!node) {
    const bool is_quantised = fields.find_outside("quantization_config").has_value();
    fields.assume("torch_dtype", is_quantised ? "bfloat16" : "float32");
    return is_quantised ? "bf16" : "fp32";
  }
  std::string name = node->as_text();
  if (name.starts_with("torch.")) name.erase(0, 6);
  if (name == "float32") return "fp32";
  if (name == "float16") return "fp16";
  if (name == "bfloat16") return "bf16";
  node->fail("must be float32, float16 or bfloat16");
}

bool is_tied(ConfigFields& fields, const Family& family) {
  const Switch& tied = family.tied_embeddings;
  if (const auto node = fields.find_outside(tied.field)) return node->as_boolean();
  fields.assume(tied.field, tied.by_default ? "true" : "false");
  return tied.by_default;
}

/// Rotary constants stand at the top, or since transformers 5 in `rope_parameters`.
double rope_theta(const ConfigFields& fields, const Family& family) {
  if (family.rope_theta.field.empty()) return family.rope_theta.by_default;
  const std::string names = fmt::format("{} rope_parameters.rope_theta", family.rope_theta.field);
  return fields.value(Number{names, family.rope_theta.by_default}, 0.0, 1e15);
}

std::int64_t max_positions(ConfigFields& fields, const Family& family) {
  if (family.positions == Positions::learned) return fields.value(family.max_positions);
  return fields.given(family.max_positions).value_or(*family.max_positions.by_default);
}

Model build_model(ConfigFields& fields, const Family& family) {
  Model model;
  model.family = family.model_type;
  model.layers = read_layers(fields, family);
  model.hidden_size = fields.value(family.hidden_size);
  model.vocabulary = fields.value(family.vocabulary);
  model.norm = family.norm;
  model.norm_weight = family.norm_weight;
  model.norm_bias = family.norm_bias;
  model.norm_epsilon = fields.value(family.norm_epsilon, 0.0, 1.0);
  model.positions = family.positions;
  model.max_positions = max_positions(fields, family);
  model.rope_theta = rope_theta(fields, family);
  model.tied_embeddings = is_tied(fields, family);
  model.head_bias = fields.is_on(family.head_bias);
  if (family.alternating_updates)
    model.layer_embedding_vocabulary = fields.value(family.alternating_updates->layer_embedding_vocabulary);
  model.stored_format = stored_format(fields);
  return model;
}

bool is_multimodal(const JsonNode& root) {
  return root.has("text_config") || root.has("vision_config") || root.has("audio_config");
}

Remarks remarks_on(const JsonNode& root, const ConfigFields& fields, bool says_defaults) {
  Remarks remarks;
  if (says_defaults && !fields.assumed().empty())
    remarks.push_back(fmt::format("absent, so what the reference implementation takes: {}",
                                  fmt::join(fields.assumed(), ", ")));
  if (is_multimodal(root)) remarks.emplace_back(text_part_only);
  for (const char* name : {"num_nextn_predict_layers", "num_mtp_modules"})
    if (const auto count = fields.given({name}, 0); count && *count > 0)
      remarks.push_back(
          fmt::format("{} = {}: layers that predict further tokens are not counted", name, *count));
  return remarks;
}

void refuse_impossible(const ConfigFields& fields, const Family& family, const Model& model) {
  if (const std::optional<Violation> bad = first_violation(model))
    fields.fail(own_field(family, bad->field), bad->value, "must " + bad->rule);
}

std::string name_of(const fs::path& file) {
  const fs::path full = fs::absolute(file).lexically_normal();
  return full.filename() == "config.json" ? full.parent_path().filename().string() : full.stem().string();
}

Model model_of(const JsonNode& root, bool says_defaults) {
  if (!root.value().is_object()) root.fail("must be an object, as a config.json is");
  const std::optional<JsonNode> text = root.optional_object("text_config");
  const std::string wrapper = text ? root.optional_text("model_type").value_or("") : "";
  const Family& family = family_of(text ? *text : root, text_family_of(wrapper));
  refuse_unsupported(text ? *text : root, family);
  ConfigFields fields = text ? ConfigFields{*text, root} : ConfigFields{root};
  Model model = build_model(fields, family);
  refuse_impossible(fields, family, model);
  model.remarks = remarks_on(root, fields, says_defaults);
  if (is_multimodal(root)) model.uncounted_parts = uncounted_towers;
  if (const auto node = fields.find_outside("quantization_config")) {
    Quantisation quantisation = read_quantisation(*node, model);
    model.quantisation = std::move(quantisation.format);
    model.remarks.insert(model.remarks.end(), quantisation.remarks.begin(), quantisation.remarks.end());
  }
  return model;
}

}  // namespace

Model read_config(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at cannot be read either, and reading says why
  const fs::path file = fs::is_directory(path, ignored) ? path / "config.json" : path;
  Model model = model_of(load_json(file), true);
  model.name = name_of(file);
  return model;
}

Model parse_config(std::string_view text, const std::string& name, bool says_defaults) {
  Model model = model_of(parse_json(text, name), says_defaults);
  model.name = name;
  return model;
}

}  // namespace calibram
