// SPDX-License-Identifier: MIT
// One reader per quantisation method, each of which knows the method's settings and their defaults.
#include "src/model/quantisation/quantisation.hpp"

#include "src/core/names.hpp"
#include "src/model/quantisation/compressed_tensors.hpp"
#include "src/model/quantisation/kept_modules.hpp"
#include "src/model/quantisation/packed_formats.hpp"
#include "src/model/weights.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace calibram {
namespace {

constexpr std::size_t most_entries = 1 << 17;

/// What stays plain when a config has no list of its own.
enum class HeadRule : unsigned char {
  kept,              ///< the head always, whatever the list says
  kept_unless_list,  ///< the head, where there is no list
  listed,            ///< nothing but what is listed
};

/// The weights that only an embedding layer has: no method that replaces linear layers touches them.
WeightNames embeddings() {
  WeightNames names;
  for (const WeightName name :
       {WeightName::embedding, WeightName::position_embedding, WeightName::layer_embedding})
    names.set(static_cast<std::size_t>(name));
  return names;
}

std::vector<std::string> entries_of(const JsonNode& list) {
  const std::vector<JsonNode> elements = list.elements();
  if (elements.size() > most_entries) list.fail("must have at most 131072 entries");
  std::vector<std::string> entries;
  for (const JsonNode& element : elements) entries.push_back(element.as_text());
  return entries;
}

/// The first of these lists that is there.
std::optional<std::vector<std::string>> first_list(const JsonNode& config,
                                                   std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys)
    if (const std::optional<JsonNode> list = config.find(key)) return entries_of(*list);
  return std::nullopt;
}

void leave_alone(Quantisation& quantisation, const std::optional<std::vector<std::string>>& list,
                 HeadRule head_rule, const Model& model) {
  NamedWeights named;
  if (list) named = named_weights(*list, model);
  constexpr auto head = static_cast<std::size_t>(WeightName::head);
  if (head_rule == HeadRule::kept || (head_rule == HeadRule::kept_unless_list && !list))
    named.names.set(head);
  Format& format = quantisation.format;
  format.quantised.outer = !named.names[head];
  format.left_alone = named.names | embeddings();
  for (std::string& remark : named.remarks) quantisation.remarks.push_back(std::move(remark));
}

/// -1: one group for all inputs.
std::int64_t group_size(const JsonNode& config, std::string_view key) {
  const std::int64_t size = config.optional_integer(key, -1, largest_group).value_or(128);
  if (size == 0) config.find(key)->fail("must be -1 or positive");
  return size;
}

std::int64_t bits_of(const JsonNode& config, std::string_view key, std::initializer_list<int> known) {
  const std::int64_t bits = config.integer(key, 1, 16);
  if (std::find(known.begin(), known.end(), bits) != known.end()) return bits;
  std::string list;
  for (const int one : known) list += (list.empty() ? "" : ", ") + std::to_string(one);
  config.find(key)->fail("must be one of " + list);
}

bool is_static(const JsonNode& config) {
  const std::string scheme = config.optional_text("activation_scheme").value_or("dynamic");
  if (scheme != "static" && scheme != "dynamic")
    config.find("activation_scheme")->fail("must be static or dynamic");
  return scheme == "static";
}

/// Lists of what is quantised in a layer, instead of what is not (optimum: modules_in_block_to_quantize).
void quantise_only(Quantisation& quantisation, const JsonNode& lists, const Model& model) {
  std::vector<std::string> modules;
  for (const JsonNode& list : lists.elements()) {
    if (list.value().is_string()) {
      modules.push_back(list.as_text());
      continue;
    }
    for (std::string& module : entries_of(list)) modules.push_back(std::move(module));
  }
  const NamedWeights named = named_weights(modules, model);
  for (const LayerRun& run : model.layers)
    for (const WeightShape& shape : layer_weights(model, run.layer)) {
      const auto name = static_cast<std::size_t>(shape.name);
      if (!named.names[name]) quantisation.format.left_alone.set(name);
    }
}

Quantisation read_gptq(const JsonNode& config, const Model& model) {
  const auto bits = static_cast<int>(bits_of(config, "bits", {2, 3, 4, 8}));
  const std::string layout = config.optional_text("checkpoint_format").value_or("gptq");
  Quantisation result{gptq_format(bits, group_size(config, "group_size"),
                                  layout == "marlin" ? GptqLayout::marlin : GptqLayout::standard),
                      {}};
  const bool head = config.optional_boolean("lm_head").value_or(false);
  leave_alone(result, first_list(config, {"modules_to_not_convert"}),
              head ? HeadRule::listed : HeadRule::kept, model);
  if (const auto lists = config.find("modules_in_block_to_quantize")) quantise_only(result, *lists, model);
  if (const auto overrides = config.optional_object("dynamic"); overrides && !overrides->members().empty())
    result.remarks.push_back(overrides->path() + " sets other bits for some modules; passed over");
  return result;
}

AwqLayout awq_layout(const JsonNode& config) {
  const std::string_view key = config.has("version") ? "version" : "format";
  const std::string name = lower_case(config.optional_text(key).value_or("gemm"));
  if (name == "gemv") return AwqLayout::gemv;
  if (name == "gemv_fast") return AwqLayout::gemv_fast;
  if (name != "gemm" && name != "exllama" && name != "ipex")
    config.find(key)->fail("must be gemm, gemv, gemv_fast, exllama or ipex");
  return AwqLayout::gemm;
}

Quantisation read_awq(const JsonNode& config, const Model& model) {
  bits_of(config, config.has("w_bit") ? "w_bit" : "bits", {4});
  const std::string_view group_key = config.has("q_group_size") ? "q_group_size" : "group_size";
  Quantisation result{awq_format(group_size(config, group_key), awq_layout(config)), {}};
  leave_alone(result, first_list(config, {"modules_to_not_convert"}), HeadRule::kept, model);
  return result;
}

Quantisation read_bitsandbytes(const JsonNode& config, const Model& model) {
  const auto is_on = [&](std::string_view key) { return config.optional_boolean(key).value_or(false); };
  const bool four = is_on("load_in_4bit") || is_on("_load_in_4bit");
  const bool eight = is_on("load_in_8bit") || is_on("_load_in_8bit");
  if (four == eight)
    throw InputError{
        config.file() + ": " + config.path() + " has " +
            (four ? "both load_in_4bit and load_in_8bit" : "neither load_in_4bit nor load_in_8bit"),
        "bitsandbytes quantises to 4 or 8 bits", "set one of them"};
  Quantisation result;
  if (four) {
    const std::string type = config.optional_text("bnb_4bit_quant_type").value_or("fp4");
    if (type != "nf4" && type != "fp4") config.find("bnb_4bit_quant_type")->fail("must be nf4 or fp4");
    result.format = bitsandbytes_4bit_format(type, is_on("bnb_4bit_use_double_quant"));
  } else {
    result.format = bitsandbytes_8bit_format();
  }
  leave_alone(result, first_list(config, {"llm_int8_skip_modules"}), HeadRule::kept_unless_list, model);
  return result;
}

Quantisation read_fp8(const JsonNode& config, const Model& model) {
  Quantisation result;
  if (const auto block = config.optional_array("weight_block_size")) {
    if (block->size() != 2) config.find("weight_block_size")->fail("must be two numbers");
    result.format = fp8_block_format((*block)[0].as_integer(1, largest_group),
                                     (*block)[1].as_integer(1, largest_group), 4, is_static(config));
  } else {
    result.format = fp8_format(ScaleOf::tensor, 4, is_static(config));
  }
  leave_alone(result, first_list(config, {"modules_to_not_convert", "ignored_layers"}), HeadRule::kept,
              model);
  return result;
}

/// Llama-3.1-405B-Instruct-FP8: an FP32 scale per output channel.
Quantisation read_fbgemm_fp8(const JsonNode& config, const Model& model) {
  Quantisation result{fp8_format(ScaleOf::output, 4, false), {}};
  leave_alone(result, first_list(config, {"modules_to_not_convert"}), HeadRule::kept, model);
  return result;
}

Quantisation read_mxfp4(const JsonNode& config, const Model& model) {
  // transformers replaces the experts of gpt-oss and nothing else, whatever the list names beside.
  Quantisation result{mxfp4_format({.matrices = false, .outer = false}), {}};
  if (const auto list = first_list(config, {"modules_to_not_convert"}))
    result.format.left_alone = named_weights(*list, model).names;
  return result;
}

Quantisation read_compressed_tensors(const JsonNode& config, const Model& model) {
  Quantisation result = compressed_tensors(config, model);
  leave_alone(result, first_list(config, {"ignore"}), HeadRule::listed, model);
  return result;
}

/// NVIDIA's TensorRT Model Optimizer.
Quantisation read_modelopt(const JsonNode& outer, const Model& model) {
  const JsonNode config = outer.has("quantization") ? outer.object("quantization") : outer;
  const std::string algorithm = config.text("quant_algo");
  Quantisation result;
  if (algorithm == "FP8")
    result.format = fp8_format(ScaleOf::tensor, 4, true);
  else if (algorithm == "NVFP4")
    result.format = nvfp4_format(true);
  else if (algorithm == "W4A16_NVFP4")
    result.format = nvfp4_format(false);
  else
    config.find("quant_algo")
        ->fail("must be FP8, NVFP4 or W4A16_NVFP4: of others the config does not tell the bytes",
               std::string{use_file});
  leave_alone(result, first_list(config, {"ignore", "exclude_modules"}), HeadRule::listed, model);
  return result;
}

struct Method {
  std::string_view name;
  Quantisation (*read)(const JsonNode&, const Model&);
};

constexpr std::array methods = {
    Method{"gptq", read_gptq},
    Method{"awq", read_awq},
    Method{"bitsandbytes", read_bitsandbytes},
    Method{"fp8", read_fp8},
    Method{"fbgemm_fp8", read_fbgemm_fp8},
    Method{"compressed-tensors", read_compressed_tensors},
    Method{"mxfp4", read_mxfp4},
    Method{"modelopt", read_modelopt},
};

/// Configs of bitsandbytes and modelopt need not name their method.
std::string method_of(const JsonNode& config) {
  if (const auto name = config.optional_text("quant_method")) return lower_case(*name);
  if (config.has("load_in_4bit") || config.has("load_in_8bit")) return "bitsandbytes";
  if (config.has("quant_algo") || config.has("quantization")) return "modelopt";
  return config.text("quant_method");
}

}  // namespace

Quantisation read_quantisation(const JsonNode& config, const Model& model) {
  if (!config.value().is_object()) config.fail("must be an object");
  // NVIDIA marks mixtures that it adds to FP8 checkpoints so.
  const bool is_mixed = config.has("quant_algo") && config.find("quant_algo")->value() == "MIXED_PRECISION";
  const std::string name = is_mixed ? "modelopt" : method_of(config);
  for (const Method& method : methods)
    if (name == method.name || (name.starts_with("modelopt") && method.name == "modelopt"))
      return method.read(config, model);
  std::vector<std::string_view> known;
  for (const Method& method : methods) known.push_back(method.name);
  config.find("quant_method")
      ->fail("must be one of " + joined(known) + ": no other method's bytes are known",
             std::string{use_file});
}

}  // namespace calibram
