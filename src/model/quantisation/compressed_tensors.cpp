// SPDX-License-Identifier: MIT
// Reads schemes of weights: bits, kind of numbers, what shares a scale.
#include "src/model/quantisation/compressed_tensors.hpp"

#include "src/model/quantisation/packed_formats.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace calibram {
namespace {

struct WeightScheme {
  std::int64_t bits = 0;
  bool is_float = false;
  std::string strategy;
  std::int64_t group = -1;
  bool symmetric = true;
  bool ordered = false;
  std::int64_t block_outputs = 0, block_inputs = 0;
};

void read_block(const JsonNode& weights, WeightScheme& scheme) {
  const std::optional<JsonNode> block = weights.find("block_structure");
  if (!block) weights.fail("must have a block_structure, as its strategy is block");
  if (block->value().is_string()) {  // "128x128" in older files
    const std::string text = block->as_text();
    const std::size_t cross = text.find('x');
    const auto side = [&](std::string_view digits) {
      const std::optional<std::int64_t> size = parse_integer(digits);
      if (!size || *size < 1 || *size > largest_group) block->fail("must be two sizes, such as 128x128");
      return *size;
    };
    scheme.block_outputs = side(std::string_view{text}.substr(0, cross));
    scheme.block_inputs = side(cross == std::string::npos ? "" : std::string_view{text}.substr(cross + 1));
    return;
  }
  const std::vector<JsonNode> sides = block->elements();
  if (sides.size() != 2) block->fail("must be two numbers");
  scheme.block_outputs = sides[0].as_integer(1, largest_group);
  scheme.block_inputs = sides[1].as_integer(1, largest_group);
}

WeightScheme weight_scheme(const JsonNode& weights) {
  WeightScheme scheme;
  scheme.bits = weights.optional_integer("num_bits", 1, 8).value_or(8);
  const std::string type = weights.optional_text("type").value_or("int");
  if (type != "int" && type != "float") weights.find("type")->fail("must be int or float");
  scheme.is_float = type == "float";
  if (const auto group = weights.optional_integer("group_size", -1, largest_group)) {
    if (*group == 0) weights.find("group_size")->fail("must be -1 or positive");
    scheme.group = *group;
  }
  scheme.strategy = weights.optional_text("strategy")
                        .value_or(scheme.group > 0                                  ? "group"
                                  : scheme.group == -1 && weights.has("group_size") ? "channel"
                                                                                    : "tensor");
  if (scheme.strategy == "channel" || scheme.strategy == "tensor") scheme.group = -1;
  scheme.symmetric = weights.optional_boolean("symmetric").value_or(true);
  scheme.ordered = weights.has("actorder") && weights.find("actorder")->value() == "group";
  if (scheme.strategy == "block") read_block(weights, scheme);
  return scheme;
}

/// A scale of the activations is stored unless it is computed anew for every token.
bool stores_input_scale(const JsonNode& group) {
  const std::optional<JsonNode> inputs = group.optional_object("input_activations");
  if (!inputs) return false;
  const std::optional<JsonNode> dynamic = inputs->find("dynamic");
  return !dynamic || dynamic->value() == false || dynamic->value() == "local";
}

Format compressed_format(const JsonNode& group, const JsonNode& weights, const std::string& name,
                         std::int64_t scale_bytes) {
  const WeightScheme scheme = weight_scheme(weights);
  const bool input_scale = stores_input_scale(group);
  if (name == "nvfp4-pack-quantized") return nvfp4_format(input_scale);
  if (name == "mxfp4-pack-quantized") return mxfp4_format({.outer = false});
  if (name == "pack-quantized" && !scheme.is_float)
    return packed_format(
        {static_cast<int>(scheme.bits), scheme.group, scheme.symmetric, scheme.ordered, scale_bytes});
  const ScaleOf scale = scheme.strategy == "tensor" ? ScaleOf::tensor : ScaleOf::output;
  const bool known_scale = scheme.strategy == "tensor" || scheme.strategy == "channel";
  if (scheme.bits == 8 && scheme.is_float && scheme.strategy == "block")
    return fp8_block_format(scheme.block_outputs, scheme.block_inputs, scale_bytes, false);
  if (scheme.bits == 8 && scheme.is_float && known_scale) return fp8_format(scale, scale_bytes, input_scale);
  if (scheme.bits == 8 && !scheme.is_float && known_scale && name != "pack-quantized")
    return w8a8_format(scale, scale_bytes, scheme.symmetric, input_scale);
  weights.fail(
      "must be a scheme whose bytes are known: W8A8, FP8 per tensor, channel or block, packed integers, "
      "MXFP4 or NVFP4",
      std::string{use_file});
}

void require_all_linear(const JsonNode& group, Quantisation& quantisation) {
  const auto targets = group.optional_array("targets");
  if (!targets) return;
  for (const JsonNode& target : *targets)
    if (target.as_text() == "Linear") return;
  quantisation.remarks.push_back(group.path() + ".targets names single modules; all linear ones are meant");
}

}  // namespace

Quantisation compressed_tensors(const JsonNode& config, const Model& model) {
  if (const auto sparsity = config.optional_object("sparsity_config"))
    if (sparsity->optional_text("format").value_or("dense") != "dense")
      sparsity->fail("must be absent or dense: what a sparse checkpoint stores depends on the values",
                     std::string{use_file});
  const std::string name = config.optional_text("format").value_or("");
  // Scales have the type of the weights that were quantised.
  const std::int64_t scale_bytes = model.stored_format == "fp32" ? 4 : 2;
  std::optional<Quantisation> result;
  for (const auto& [key, group] : config.object("config_groups").members()) {
    const std::optional<JsonNode> weights = group.optional_object("weights");
    if (!weights) continue;  // a group of activations alone
    const std::string own_name = group.optional_text("format").value_or(name);
    Quantisation one{compressed_format(group, *weights, own_name, scale_bytes), {}};
    require_all_linear(group, one);
    if (result && !(result->format == one.format))
      group.fail("must store weights as the other groups do: which modules have which format is not read",
                 std::string{use_file});
    if (!result) result = std::move(one);
  }
  if (!result) config.find("config_groups")->fail("must have a group with weights");
  return *result;
}

}  // namespace calibram
