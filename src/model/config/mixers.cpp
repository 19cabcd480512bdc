// SPDX-License-Identifier: MIT
// Reads the sizes of attention, state spaces and linear attention.
#include "src/model/config/mixers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace calibram {
namespace {

std::int64_t divided_head_size(const ConfigFields& fields, const Family& family, std::int64_t hidden_size,
                               std::int64_t heads) {
  if (hidden_size % heads != 0)
    fields.fail(family.hidden_size.field, std::to_string(hidden_size),
                fmt::format("must be a multiple of {} = {}", family.heads.field, heads));
  return hidden_size / heads;
}

std::int64_t read_head_size(ConfigFields& fields, const Family& family, std::int64_t hidden_size,
                            std::int64_t heads) {
  if (const auto given = fields.given(family.head_size)) return *given;
  if (family.head_size.by_default) return fields.value(family.head_size);
  const std::int64_t divided = divided_head_size(fields, family, hidden_size, heads);
  const auto ignored = fields.given({"head_dim"});
  if (ignored && *ignored != divided)
    fields.fail("head_dim", {}, fmt::format("must be hidden size / heads = {} in this family", divided));
  return divided;
}

std::int64_t read_rotary_size(ConfigFields& fields, const Family& family, std::int64_t head_size) {
  if (fields.is_on(family.unrotated)) return 0;
  if (const auto kind = fields.find(family.positions_field); kind && kind->as_text() == "nope") return 0;
  if (!family.rotary_size.field.empty()) return fields.value(family.rotary_size, 0);
  const std::string names =
      fmt::format("{} rope_parameters.partial_rotary_factor", family.rotary_fraction.field);
  const Number fraction{family.rotary_fraction.field.empty() ? std::string_view{} : std::string_view{names},
                        family.rotary_fraction.by_default};
  // Truncated, as the reference does.
  return static_cast<std::int64_t>(static_cast<double>(head_size) * fields.value(fraction, 0.0, 1.0));
}

/// `expand` hidden sizes.
std::int64_t expanded(const ConfigFields& fields, const Number& expand, std::int64_t hidden_size) {
  const double inner = fields.value(expand, 0.0, 1024.0) * static_cast<double>(hidden_size);
  if (inner < 1)
    fields.fail(expand.field, std::to_string(expand.by_default), "must give at least one inner channel");
  return static_cast<std::int64_t>(inner);
}

/// Where "auto" stands for a size, as if the field were absent.
std::optional<std::int64_t> given_unless_auto(const ConfigFields& fields, const Size& size) {
  const std::optional<JsonNode> node = fields.find(size.field);
  if (node && node->value().is_string() && node->as_text() == "auto") return std::nullopt;
  return fields.given(size);
}

class RecurrentReader {
 public:
  RecurrentReader(ConfigFields& fields, std::int64_t hidden_size) : fields_{fields}, hidden_{hidden_size} {}

  Mixer operator()(std::monostate) const { return {}; }

  Mixer operator()(const MambaFields& names) const {
    const auto inner = fields_.given(names.inner_size);
    const auto rank = given_unless_auto(fields_, names.step_rank);
    return Mamba{.inner_size = inner ? *inner : expanded(fields_, names.expand, hidden_),
                 .state_size = fields_.value(names.state_size),
                 .kernel_size = fields_.value(names.kernel_size),
                 .step_rank = rank ? *rank : (hidden_ + 15) / 16,
                 .convolution_bias = fields_.is_on(names.convolution_bias),
                 .projection_bias = fields_.is_on(names.projection_bias),
                 .norms = names.norms};
  }

  Mixer operator()(const Mamba2Fields& names) const {
    const std::int64_t heads = fields_.value(names.heads);
    return Mamba2{.heads = heads,
                  .head_size = mamba2_head_size(names, heads),
                  .groups = fields_.value(names.groups),
                  .state_size = fields_.value(names.state_size),
                  .kernel_size = fields_.value(names.kernel_size),
                  .convolution_bias = fields_.is_on(names.convolution_bias),
                  .projection_bias = fields_.is_on(names.projection_bias)};
  }

  Mixer operator()(const DeltaNetFields& names) const {
    return GatedDeltaNet{.key_heads = fields_.value(names.key_heads),
                         .value_heads = fields_.value(names.value_heads),
                         .key_size = fields_.value(names.key_size),
                         .value_size = fields_.value(names.value_size),
                         .kernel_size = fields_.value(names.kernel_size)};
  }

 private:
  std::int64_t mamba2_head_size(const Mamba2Fields& names, std::int64_t heads) const {
    const auto given = given_unless_auto(fields_, names.head_size);
    if (names.expand.field.empty()) return given ? *given : fields_.value(names.head_size);
    const std::int64_t inner = expanded(fields_, names.expand, hidden_);
    const std::string rule =
        fmt::format("times {} must be {} hidden sizes, {}", names.head_size.field, names.expand.field, inner);
    const std::int64_t size = given                        ? *given
                              : names.head_size.by_default ? fields_.value(names.head_size)
                                                           : inner / heads;
    if (size < 1 || inner % size != 0 || inner / size != heads)
      fields_.fail(names.heads.field, std::to_string(heads), rule);
    return size;
  }

  ConfigFields& fields_;
  std::int64_t hidden_;
};

Attention read_attention(ConfigFields& fields, const Family& family, std::int64_t hidden_size) {
  Attention attention;
  attention.heads = fields.value(family.heads);
  attention.head_size = read_head_size(fields, family, hidden_size, attention.heads);
  attention.rotary_size = read_rotary_size(fields, family, attention.head_size);
  attention.input_bias = fields.is_on(family.input_bias);
  attention.output_bias = fields.is_on(family.output_bias);
  if (fields.is_on(family.head_norms.present)) attention.query_key_norm = family.head_norms.kind;
  attention.output_gate = family.output_gate;
  attention.sinks = family.sinks;
  return attention;
}

PerLayer read_kv_heads(ConfigFields& fields, const Family& family, std::int64_t layers) {
  const std::int64_t heads = fields.value(family.heads);
  const bool grouped = fields.is_on(family.groups_kv_heads);
  if (!grouped && fields.is_on(family.single_kv_head)) return PerLayer{{1}};
  if (!grouped || family.kv_heads.field.empty() || fields.is_null(family.kv_heads.field))
    return PerLayer{{heads}};
  Size kv_heads = family.kv_heads;
  if (!kv_heads.by_default) kv_heads.by_default = heads;
  return fields.per_layer(kv_heads, layers);
}

LatentAttention read_latent_attention(ConfigFields& fields, const Family& family, std::int64_t hidden_size) {
  const LatentFields& names = *family.latent;
  LatentAttention attention;
  attention.heads = fields.value(family.heads);
  attention.query_rank = fields.count(names.query_rank);
  attention.kv_rank = fields.value(names.kv_rank);
  attention.plain_size = fields.value(names.plain_size);
  attention.rotary_size = fields.value(names.rotary_size);
  Size value_size = names.value_size;
  if (!value_size.by_default) value_size.by_default = hidden_size / attention.heads;
  attention.value_size = fields.value(value_size);
  attention.bias = fields.is_on(family.input_bias);
  return attention;
}

/// The first of the last layers that have no cache of their own.
std::int64_t first_cacheless_layer(ConfigFields& fields, const Family& family, std::int64_t layers) {
  const std::int64_t shared = fields.value(family.kv_shared_layers, 0);
  if (shared >= layers)
    fields.fail(family.kv_shared_layers.field, std::to_string(shared),
                fmt::format("must be less than the number of layers, {}", layers));
  return layers - shared;
}

bool is_recurrent(MixerKind kind) { return kind == MixerKind::linear || kind == MixerKind::mamba; }

}  // namespace

bool attends(MixerKind kind) {
  return kind == MixerKind::attention || kind == MixerKind::sliding || kind == MixerKind::chunked;
}

std::optional<std::int64_t> read_window(ConfigFields& fields, const Family& family) {
  if (family.mixers.marked != MixerKind::sliding && family.mixers.other != MixerKind::sliding)
    return std::nullopt;
  if (!fields.is_on(family.uses_window) || fields.is_null(family.window.field)) return std::nullopt;
  if (!family.window.by_default) return fields.given(family.window);
  return fields.value(family.window);
}

LayerMixers::LayerMixers(ConfigFields& fields, const Family& family, const std::vector<LayerParts>& layers)
    : family_{family}, window_{read_window(fields, family)} {
  const auto have = [&layers](auto is_kind) {
    return std::any_of(layers.begin(), layers.end(), [&](const LayerParts& p) { return is_kind(p.mixer); });
  };
  const std::int64_t hidden_size = fields.value(family.hidden_size);
  const auto count = static_cast<std::int64_t>(layers.size());
  if (have([](MixerKind kind) { return kind == MixerKind::chunked; })) chunk_ = fields.value(family.chunk);
  if (have(is_recurrent)) recurrent_ = std::visit(RecurrentReader{fields, hidden_size}, family.recurrent);
  if (have([](MixerKind kind) { return kind == MixerKind::matrix; }))
    matrix_.bias = fields.is_on(family.input_bias);
  if (!have(attends)) return;
  first_cacheless_layer_ = first_cacheless_layer(fields, family, count);
  if (family.latent) {
    latent_ = read_latent_attention(fields, family, hidden_size);
    return;
  }
  attention_ = read_attention(fields, family, hidden_size);
  if (family.blocks.empty()) kv_heads_ = read_kv_heads(fields, family, count);
}

Mixer LayerMixers::mixer(std::int64_t layer, const LayerParts& parts) const {
  if (is_recurrent(parts.mixer)) return recurrent_;
  if (parts.mixer == MixerKind::matrix) return matrix_;
  if (!attends(parts.mixer)) return {};
  if (latent_) return *latent_;
  Attention attention = attention_;
  attention.kv_heads = parts.kv_heads ? *parts.kv_heads : kv_heads_.at(layer);
  attention.owns_cache = layer < first_cacheless_layer_;
  if (parts.mixer == MixerKind::sliding) attention.window = window_;
  if (parts.mixer == MixerKind::chunked) attention.chunk = chunk_;
  if (parts.mixer == MixerKind::attention && !family_.full_attention_rotates) attention.rotary_size = 0;
  return attention;
}

}  // namespace calibram
