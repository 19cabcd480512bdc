// SPDX-License-Identifier: MIT
// Matches lists of module names with the names that transformers gives to a model's matrices.
#include "src/model/quantisation/kept_modules.hpp"

#include "src/core/printable.hpp"
#include "src/model/quantisation/module_pattern.hpp"
#include "src/model/weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace calibram {
namespace {

using enum WeightName;

/// In which layers a weight has this module name.
enum class Place : unsigned char { any_layer, dense_layer, beside_experts, outside };

struct ModuleName {
  WeightName weight;
  std::string_view path;  ///< in the layer; outside of layers, in the model
  Place place = Place::any_layer;
};

// As in transformers' models; where families differ, each of the names.
constexpr auto module_names = std::to_array<ModuleName>({
    {query, "self_attn.q_proj"},
    {query, "self_attn.qkv_proj"},
    {key, "self_attn.k_proj"},
    {key, "self_attn.qkv_proj"},
    {value, "self_attn.v_proj"},
    {value, "self_attn.qkv_proj"},
    {output, "self_attn.o_proj"},
    {output, "self_attn.dense"},
    {query_down, "self_attn.q_a_proj"},
    {query_up, "self_attn.q_b_proj"},
    {kv_down, "self_attn.kv_a_proj_with_mqa"},
    {kv_up, "self_attn.kv_b_proj"},
    {state_input, "linear_attn.in_proj_qkvz"},
    {state_input, "mamba.in_proj"},
    {state_input, "mixer.in_proj"},
    {gates, "linear_attn.in_proj_ba"},
    {state_parameters, "mamba.x_proj"},
    {state_parameters, "mixer.x_proj"},
    {step, "mamba.dt_proj"},
    {step, "mixer.dt_proj"},
    {state_output, "linear_attn.out_proj"},
    {state_output, "mamba.out_proj"},
    {state_output, "mixer.out_proj"},
    {expert_gate, "mlp.experts.0.gate_proj"},
    {expert_gate, "mlp.experts.gate_up_proj"},
    {expert_gate, "block_sparse_moe.experts.0.w1"},
    {expert_up, "mlp.experts.0.up_proj"},
    {expert_up, "mlp.experts.gate_up_proj"},
    {expert_up, "block_sparse_moe.experts.0.w3"},
    {expert_down, "mlp.experts.0.down_proj"},
    {expert_down, "mlp.experts.down_proj"},
    {expert_down, "block_sparse_moe.experts.0.w2"},
    {gate, "mlp.gate_proj", Place::dense_layer},
    {gate, "mlp.gate_up_proj", Place::dense_layer},
    {up, "mlp.up_proj", Place::dense_layer},
    {up, "mlp.gate_up_proj", Place::dense_layer},
    {up, "mlp.fc1", Place::dense_layer},
    {down, "mlp.down_proj", Place::dense_layer},
    {down, "mlp.fc2", Place::dense_layer},
    {gate, "mlp.shared_expert.gate_proj", Place::beside_experts},
    {gate, "mlp.shared_experts.gate_proj", Place::beside_experts},
    {up, "mlp.shared_expert.up_proj", Place::beside_experts},
    {up, "mlp.shared_experts.up_proj", Place::beside_experts},
    {down, "mlp.shared_expert.down_proj", Place::beside_experts},
    {down, "mlp.shared_experts.down_proj", Place::beside_experts},
    {head, "lm_head", Place::outside},
    {embedding, "model.embed_tokens", Place::outside},
});

bool has(const WeightShapes& shapes, WeightName name) {
  return std::any_of(shapes.begin(), shapes.end(),
                     [&](const WeightShape& shape) { return shape.name == name; });
}

/// The layers that have a weight, and those of them for which it was named.
struct Naming {
  std::int64_t present = 0;
  std::vector<bool> named;  ///< by layer
};

class Matcher {
 public:
  explicit Matcher(const Model& model) {
    std::int64_t first = 0;
    for (const LayerRun& run : model.layers) {
      runs_.push_back({first, run.count, layer_weights(model, run.layer),
                       std::holds_alternative<Experts>(run.layer.feed_forward)});
      first += run.count;
    }
    layers_ = first;
    for (const ModuleName& module : module_names) present_of(module.weight);
  }

  void add(const ModulePattern& pattern) {
    const auto named = pattern.layers(layers_);
    const std::string prefix =
        named && named->empty() ? "" : fmt::format("model.layers.{}.", named ? named->front() : 0);
    std::string name;
    for (const ModuleName& module : module_names) {
      if (module.place == Place::outside) {
        if (pattern.matches(module.path)) result_.names.set(index(module.weight));
        continue;
      }
      name.assign(prefix).append(module.path);
      if (prefix.empty() || !pattern.matches(name)) continue;
      if (!named) name_in(module, 0, layers_);
      if (named)
        for (const std::int64_t layer : *named) name_in(module, layer, layer + 1);
    }
  }

  /// Expressions may tell layers apart by any rule, so every name is tried.
  void add(const ModuleExpressions& expressions) {
    for (const ModuleName& module : module_names) {
      if (module.place == Place::outside) {
        if (expressions.match(module.path)) result_.names.set(index(module.weight));
        continue;
      }
      for (const Run& run : runs_) {
        if (!is_in(run, module)) continue;
        for (std::int64_t i = run.first; i < run.first + run.count; ++i)
          if (expressions.match(fmt::format("model.layers.{}.{}", i, module.path))) name_in(module, i, i + 1);
      }
    }
  }

  NamedWeights result() {
    for (const ModuleName& module : module_names) settle(module);
    return std::move(result_);
  }

 private:
  struct Run {
    std::int64_t first, count;
    WeightShapes weights;
    bool has_experts;
  };

  static std::size_t index(WeightName name) { return static_cast<std::size_t>(name); }

  void present_of(WeightName name) {
    Naming& naming = namings_[index(name)];
    if (!naming.named.empty()) return;
    naming.named.resize(static_cast<std::size_t>(layers_));
    for (const Run& run : runs_)
      if (has(run.weights, name)) naming.present += run.count;
  }

  static bool is_in(const Run& run, const ModuleName& module) {
    if (module.place == Place::dense_layer && run.has_experts) return false;
    if (module.place == Place::beside_experts && !run.has_experts) return false;
    return has(run.weights, module.weight);
  }

  void name_in(const ModuleName& module, std::int64_t first, std::int64_t end) {
    for (const Run& run : runs_) {
      if (!is_in(run, module)) continue;
      std::vector<bool>& named = namings_[index(module.weight)].named;
      for (std::int64_t i = std::max(first, run.first); i < std::min(end, run.first + run.count); ++i)
        named[static_cast<std::size_t>(i)] = true;
    }
  }

  void settle(const ModuleName& module) {
    Naming& naming = namings_[index(module.weight)];
    const std::int64_t named = std::count(naming.named.begin(), naming.named.end(), true);
    if (named == 0) return;
    const bool most = 2 * named > naming.present;
    if (most) result_.names.set(index(module.weight));
    if (named < naming.present)
      result_.remarks.push_back(
          fmt::format("{} is left alone in {} of {} layers; counted as {} in all of them", module.path, named,
                      naming.present, most ? "left alone" : "quantised"));
    naming.named.assign(naming.named.size(), false);  // one remark for all names of a weight
  }

  std::vector<Run> runs_;
  std::int64_t layers_ = 0;
  std::array<Naming, weight_name_count> namings_;
  NamedWeights result_;
};

}  // namespace

NamedWeights named_weights(std::span<const std::string> entries, const Model& model) {
  Matcher matcher{model};
  ModuleExpressions expressions;
  std::string_view first_unknown;
  std::size_t unknown = 0;
  for (const std::string_view entry : entries) {
    const bool is_expression = entry.starts_with("re:");
    const auto pattern = is_expression ? std::nullopt : module_pattern(entry);
    if (pattern) matcher.add(*pattern);
    const bool is_known = pattern || (is_expression && expressions.add(entry.substr(3)));
    if (!is_known && unknown++ == 0) first_unknown = entry;
  }
  if (!expressions.empty()) matcher.add(expressions);
  NamedWeights named = matcher.result();
  if (unknown > 0)
    named.remarks.push_back(fmt::format("{} module pattern{} not understood and passed over, such as {}",
                                        unknown, unknown == 1 ? " is" : "s are", printable(first_unknown)));
  return named;
}

}  // namespace calibram
