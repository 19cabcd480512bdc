// SPDX-License-Identifier: MIT
// Evaluates the rules for layers, or reads what config.json says of each layer instead.
#include "src/model/config/layer_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace calibram {
namespace {

std::size_t index(std::int64_t layer) { return static_cast<std::size_t>(layer); }

std::vector<bool> listed_layers(const JsonNode& list, std::int64_t layers) {
  std::vector<bool> listed(index(layers));
  for (const JsonNode& element : list.elements()) listed[index(element.as_integer(0, layers - 1))] = true;
  return listed;
}

std::vector<bool> repeated_layers(ConfigFields& fields, const LayerRule& rule, std::int64_t layers) {
  const std::int64_t first = fields.value(rule.first, 0);
  const std::int64_t given_last = fields.value(rule.last, -1);
  const std::int64_t last = given_last < 0 ? layers - 1 : given_last;
  const std::int64_t every = fields.value(rule.every);
  const std::int64_t given_offset = fields.value(rule.offset, 0);
  if (given_offset >= every)
    fields.fail(rule.offset.field, std::to_string(given_offset),
                fmt::format("must be less than the period, {}", every));
  const std::int64_t offset = given_offset < 0 ? every - 1 : given_offset;
  std::vector<bool> marked(index(layers));
  for (std::int64_t i = first; i <= std::min(last, layers - 1); ++i) marked[index(i)] = i % every == offset;
  return marked;
}

std::vector<bool> marked_layers(ConfigFields& fields, const LayerRule& rule, std::int64_t layers) {
  if (const auto list = fields.find(rule.listed)) return listed_layers(*list, layers);
  // The reference takes an empty array for none.
  if (const auto list = fields.find(rule.marked_zeros); list && !list->elements().empty()) {
    std::vector<bool> marked;
    for (const JsonNode& element : fields.layer_array(rule.marked_zeros, layers))
      marked.push_back(element.as_integer(0, 1) == 0);
    return marked;
  }
  std::vector<bool> marked = repeated_layers(fields, rule, layers);
  if (const auto exceptions = fields.find(rule.excepted)) {
    const std::vector<bool> excepted = listed_layers(*exceptions, layers);
    for (std::size_t i = 0; i < marked.size(); ++i) marked[i] = marked[i] && !excepted[i];
  }
  return marked;
}

// `layer_types`.
constexpr std::array<std::pair<std::string_view, MixerKind>, 6> type_names = {
    {{"full_attention", MixerKind::attention},
     {"attention", MixerKind::attention},
     {"sliding_attention", MixerKind::sliding},
     {"chunked_attention", MixerKind::chunked},
     {"linear_attention", MixerKind::linear},
     {"mamba", MixerKind::mamba}}};

MixerKind named_mixer(const JsonNode& type, const MixerRule& rule) {
  const std::string name = type.as_text();
  std::string allowed;
  for (const auto& [known, kind] : type_names) {
    if (kind != rule.marked && kind != rule.other) continue;
    if (name == known) return kind;
    allowed += fmt::format("{}{}", allowed.empty() ? "" : " or ", known);
  }
  type.fail(fmt::format("must be {}: this family has no other kind of layer", allowed));
}

std::vector<MixerKind> mixer_kinds(ConfigFields& fields, const Family& family, std::int64_t layers,
                                   bool has_window) {
  const MixerRule& rule = family.mixers;
  std::vector<MixerKind> kinds;
  if (fields.find("layer_types")) {
    for (const JsonNode& type : fields.layer_array("layer_types", layers))
      kinds.push_back(named_mixer(type, rule));
  } else if (rule.marked == rule.other || (rule.marked == MixerKind::sliding && !has_window)) {
    kinds.assign(index(layers), rule.other);
  } else {
    if (rule.marked == MixerKind::mamba) fields.assume("layer_types", "all mamba");
    for (const bool marked : marked_layers(fields, rule.layers, layers))
      kinds.push_back(marked ? rule.marked : rule.other);
  }
  if (!has_window) std::replace(kinds.begin(), kinds.end(), MixerKind::sliding, MixerKind::attention);
  return kinds;
}

std::vector<FeedForwardKind> feed_forward_kinds(ConfigFields& fields, const Family& family,
                                                std::int64_t layers) {
  const bool has_dense = !family.mlp_width.field.empty();
  const FeedForwardKind dense = has_dense ? FeedForwardKind::dense : FeedForwardKind::none;
  std::vector<FeedForwardKind> kinds(index(layers), dense);
  if (!has_experts(fields, family)) return kinds;
  const std::vector<bool> marked = marked_layers(fields, family.experts->layers, layers);
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (marked[i]) kinds[i] = FeedForwardKind::experts;
  return kinds;
}

// nemotron_h: a layer is one part.
std::vector<LayerParts> pattern_parts(const ConfigFields& fields, std::string_view field,
                                      std::int64_t layers) {
  const std::string letters = fields.root().text(field);
  const JsonNode node = *fields.root().find(field);
  if (static_cast<std::int64_t>(letters.size()) != layers)
    node.fail(fmt::format("must have one letter per layer, {}", layers));
  std::vector<LayerParts> parts;
  for (const char letter : letters) {
    switch (letter) {
      case 'M':
        parts.push_back({MixerKind::mamba, FeedForwardKind::none});
        break;
      case '*':
        parts.push_back({MixerKind::attention, FeedForwardKind::none});
        break;
      case '-':
        parts.push_back({MixerKind::none, FeedForwardKind::dense});
        break;
      case 'E':
        parts.push_back({MixerKind::none, FeedForwardKind::experts});
        break;
      default:
        node.fail("must consist of M (Mamba), * (attention), - (MLP) and E (experts)");
    }
  }
  return parts;
}

// nemotron-nas: modeling_decilm.py and block_config.py of the publisher.
std::int64_t block_mlp_width(const JsonNode& block, std::int64_t hidden_size) {
  if (const auto width = block.optional_integer("intermediate_size", 1, largest_field)) return *width;
  const double multiple = block.number("ffn_mult", 0.0, 1024.0);
  const auto width = static_cast<std::int64_t>(2 * multiple * static_cast<double>(hidden_size) / 3);
  return (width + 255) / 256 * 256;
}

bool is_set(const JsonNode& block, std::string_view field) {
  return block.optional_boolean(field).value_or(false);
}

LayerParts block_parts(const JsonNode& block, std::int64_t heads, std::int64_t hidden_size) {
  LayerParts parts;
  const JsonNode attention = block.object("attention");
  if (is_set(attention, "no_op")) {
    parts.mixer = MixerKind::none;
  } else if (is_set(attention, "replace_with_linear")) {
    parts.mixer = MixerKind::matrix;
  } else {
    const std::int64_t group = attention.integer("n_heads_in_group", 1, largest_field);
    if (heads % group != 0)
      attention.find("n_heads_in_group")->fail(fmt::format("must divide the number of heads, {}", heads));
    parts.kv_heads = heads / group;
  }
  const JsonNode mlp = block.object("ffn");
  if (is_set(mlp, "no_op"))
    parts.feed_forward = FeedForwardKind::none;
  else if (is_set(mlp, "replace_with_linear"))
    parts.feed_forward = FeedForwardKind::matrix;
  else
    parts.mlp_width = block_mlp_width(mlp, hidden_size);
  return parts;
}

}  // namespace

bool has_experts(ConfigFields& fields, const Family& family) {
  if (!family.experts) return false;
  const std::int64_t count = fields.count(family.experts->count);
  if (count < 1 && !family.experts->may_be_none)
    fields.fail(family.experts->count.field, std::to_string(count), "must be at least 1 in this family");
  return count >= family.experts->fewest;
}

std::vector<LayerParts> layer_parts(ConfigFields& fields, const Family& family, std::int64_t layers,
                                    bool has_window) {
  if (!family.pattern.empty()) return pattern_parts(fields, family.pattern, layers);
  std::vector<LayerParts> parts;
  if (!family.blocks.empty()) {
    const std::int64_t heads = fields.value(family.heads), hidden_size = fields.value(family.hidden_size);
    for (const JsonNode& block : fields.layer_array(family.blocks, layers))
      parts.push_back(block_parts(block, heads, hidden_size));
    return parts;
  }
  const std::vector<MixerKind> mixers = mixer_kinds(fields, family, layers, has_window);
  const std::vector<FeedForwardKind> feed_forwards = feed_forward_kinds(fields, family, layers);
  for (std::size_t i = 0; i < mixers.size(); ++i) parts.push_back({mixers[i], feed_forwards[i]});
  return parts;
}

}  // namespace calibram
