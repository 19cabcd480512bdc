// SPDX-License-Identifier: MIT
// From a rule's cache to the one that is held: sequences, heads, windows, formats, states, copies.
#include "bench/calculator/rules/reasons.hpp"
#include "src/engine/cache_rules.hpp"
#include "src/engine/question.hpp"
#include "src/model/state.hpp"

#include <algorithm>
#include <functional>

namespace calibram {
namespace {

/// How many layers are so.
std::int64_t count_layers(const Model& model, const std::function<bool(const Layer&)>& is_so) {
  std::int64_t count = 0;
  for (const LayerRun& run : model.layers)
    if (is_so(run.layer)) count += run.count;
  return count;
}

bool is_latent(const Layer& layer) { return std::holds_alternative<LatentAttention>(layer.mixer); }

bool has_state(const Layer& layer) { return recurrent_state_shape(layer.mixer).memory_elements > 0; }

bool has_experts(const Layer& layer) { return std::holds_alternative<Experts>(layer.feed_forward); }

/// Whether the runtime drops what is out of sight of a layer with a window.
bool keeps_windows(const Runtime& runtime) {
  if (const auto* vllm = std::get_if<VllmSettings>(&runtime.settings)) return vllm->hybrid_kv_cache;
  if (const auto* llama = std::get_if<LlamaCppSettings>(&runtime.settings))
    return llama->release->has_windowed_cache && !llama->swa_full;
  return runtime.slides_cache;
}

/// The cache's bytes under assumptions that go from a rule's to the model's.
class CacheSums {
 public:
  explicit CacheSums(const Comparison& comparison)
      : model_{*comparison.question.model},
        question_{comparison.question},
        tokens_{comparison.question.workload.context_tokens()},
        windows_{keeps_windows(comparison.runtime)} {}

  /// Keys and values as long as a head's, of these heads of every layer with attention.
  Bytes of_heads(std::int64_t Attention::*heads, bool own_only, double bits) const {
    return sum([&](const Layer& layer) {
      const Attention* attention = attention_of(layer);
      if (!attention || (own_only && !attention->owns_cache)) return 0.0;
      return elements({2, attention->*heads, attention->head_size, tokens_}) * bits / 8;
    });
  }

  /// Keys and values as the layers have them, those of latent attention or not.
  Bytes of_shapes(double bits, bool with_latent, bool in_windows) const {
    return sum([&](const Layer& layer) {
      const std::optional<CacheShape> shape = cache_shape(layer);
      if (!shape || (is_latent(layer) && !with_latent)) return 0.0;
      const std::int64_t positions = in_windows ? kept_positions(layer) : tokens_;
      return elements({shape->heads, shape->key_size + shape->value_size, positions}) * bits / 8;
    });
  }

  /// Those in the format of the cache, scales included.
  Bytes in_format() const {
    return sum([&](const Layer& layer) {
      const std::optional<CacheShape> shape = cache_shape(layer);
      if (!shape) return 0.0;
      const Bytes values = shape->has_values() ? kv_head_bytes(*question_.kv, shape->value_size) : Bytes{};
      const Bytes of_head = kv_head_bytes(*question_.kv, shape->key_size) + values;
      return elements({shape->heads, of_head.count(), kept_positions(layer)});
    });
  }

  Bytes states() const {
    const CacheRule* rule = find_cache_rule(question_.runtime);
    if (!rule) return {};
    return question_.workload.batch *
           sequence_cache(*rule, model_, *question_.kv, *question_.kv, activation_bytes(*question_.weights))
               .state;
  }

  bool drops_some(const Layer& layer) const { return kept_positions(layer) < tokens_; }

 private:
  static double elements(std::initializer_list<std::int64_t> factors) {
    return static_cast<double>(checked_product(factors));
  }

  Bytes sum(const std::function<double(const Layer&)>& of_sequence) const {
    double bytes = 0;
    for (const LayerRun& run : model_.layers)
      bytes += static_cast<double>(run.count) * of_sequence(run.layer);
    return rounded_bytes(static_cast<double>(question_.workload.batch) * bytes);
  }

  std::int64_t kept_positions(const Layer& layer) const {
    const std::optional<std::int64_t> visible = visible_positions(layer);
    return windows_ && visible ? std::min(tokens_, *visible) : tokens_;
  }

  const Model& model_;
  const Question& question_;
  std::int64_t tokens_;
  bool windows_;
};

/// How many heads share a KV head, over all layers; 1 where each has its own.
double heads_for_each_kv_head(const Model& model) {
  double heads = 0, kv_heads = 0;
  for (const LayerRun& run : model.layers)
    if (const Attention* attention = attention_of(run.layer)) {
      heads += static_cast<double>(run.count * attention->heads * attention->head_size);
      kv_heads += static_cast<double>(run.count * attention->kv_heads * attention->head_size);
    }
  return kv_heads > 0 ? heads / kv_heads : 1;
}

/// What both rules have in common from the shapes of all layers on.
/// @param format_code  of the step to the format's bytes
void add_kept_reasons(const Comparison& comparison, const CacheSums& sums, double bits,
                      std::string_view format_code, Reasons& reasons) {
  const Model& model = *comparison.question.model;
  const std::int64_t layers = layer_count(model);
  const Bytes all = sums.of_shapes(bits, true, false), in_windows = sums.of_shapes(bits, true, true);
  reasons.add("cache_windows", Term::kv_cache, all, in_windows,
              {{"layers", count_layers(model, [&](const Layer& layer) { return sums.drops_some(layer); })},
               {"all_layers", layers}});
  const Bytes exact = sums.in_format(), states = sums.states();
  if (format_code == "cache_scales")
    reasons.add_difference(format_code, Term::kv_cache, in_windows - exact,
                           {{"ours", exact - in_windows}, {"format", comparison.question.kv->name}});
  else
    reasons.add(format_code, Term::kv_cache, in_windows, exact, {{"format", comparison.question.kv->name}});
  reasons.add("cache_states", Term::kv_cache, Bytes{}, states,
              {{"layers", count_layers(model, has_state)}, {"all_layers", layers}});
  reasons.add(comparison.cache_is_fitted ? "cache_measured" : "cache_held", Term::kv_cache, exact + states,
              comparison.ours[Term::kv_cache]);
}

/// What decides the cache in place of the parameters.
void add_shape_reason(const Model& model, Bytes rule, Bytes ours, Reasons& reasons) {
  const double factor = heads_for_each_kv_head(model);
  const std::int64_t layers = layer_count(model);
  const std::int64_t kept =
      count_layers(model, [](const Layer& layer) { return cache_shape(layer).has_value(); });
  if (kept < layers)
    reasons.add("cache_by_parameters_hybrid", Term::kv_cache, rule, ours,
                {{"layers", kept}, {"all_layers", layers}});
  else if (count_layers(model, is_latent) == layers)
    reasons.add("cache_by_parameters_latent", Term::kv_cache, rule, ours);
  else if (count_layers(model, has_experts) > 0)
    reasons.add("cache_by_parameters_experts", Term::kv_cache, rule, ours);
  else if (factor > 1)
    reasons.add("cache_by_parameters_grouped", Term::kv_cache, rule, ours, {{"factor", factor}});
  else
    reasons.add("cache_by_parameters", Term::kv_cache, rule, ours);
}

}  // namespace

void add_cache_reasons_of_rule_kv(const Comparison& comparison, Reasons& reasons) {
  constexpr double bits = 16;
  const std::int64_t batch = comparison.question.workload.batch;
  const CacheSums sums{comparison};
  const Bytes of_one = comparison.rule[Term::kv_cache], of_all = batch * of_one;
  reasons.add("cache_one_sequence", Term::kv_cache, of_one, of_all, {{"batch", batch}});
  add_shape_reason(*comparison.question.model, of_all, sums.of_shapes(bits, true, false), reasons);
  add_kept_reasons(comparison, sums, bits, "cache_format", reasons);
}

void add_cache_reasons_of_rule_terms(const Comparison& comparison, Reasons& reasons) {
  const Model& model = *comparison.question.model;
  const double bits = comparison.question.kv->nominal_bits;
  const CacheSums sums{comparison};
  const Bytes kv_heads = sums.of_heads(&Attention::kv_heads, false, bits);
  reasons.add("cache_all_heads", Term::kv_cache, comparison.rule[Term::kv_cache], kv_heads,
              {{"factor", heads_for_each_kv_head(model)}});
  const Bytes own = sums.of_heads(&Attention::kv_heads, true, bits);
  const auto reads_another = [](const Layer& layer) {
    const Attention* attention = attention_of(layer);
    return attention && !attention->owns_cache;
  };
  reasons.add("cache_shared", Term::kv_cache, kv_heads, own,
              {{"layers", count_layers(model, reads_another)}});
  const Bytes of_values = sums.of_shapes(bits, false, false);
  reasons.add("cache_value_size", Term::kv_cache, own, of_values);
  const Bytes with_latent = sums.of_shapes(bits, true, false);
  reasons.add_difference("cache_latent_missed", Term::kv_cache, of_values - with_latent,
                         {{"ours", with_latent - of_values}});
  add_kept_reasons(comparison, sums, bits, "cache_scales", reasons);
}

}  // namespace calibram
