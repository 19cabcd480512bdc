// SPDX-License-Identifier: MIT
// The cache, one product for every kind of layer.
#include "bench/calculator/explanation/steps.hpp"
#include "src/engine/cache_rules.hpp"
#include "src/engine/llama_cpp/cells.hpp"
#include "src/engine/llama_cpp/checks.hpp"
#include "src/model/state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

/// Layers that keep the same of a sequence.
struct Kind {
  const Layer* layer;
  SequenceCache of_one;
  std::int64_t layers;

  bool is_like(const Layer& other, const SequenceCache& cache) const {
    return of_one.per_token == cache.per_token && of_one.windowed == cache.windowed &&
           of_one.state == cache.state &&
           recurrent_state_shape(layer->mixer) == recurrent_state_shape(other.mixer);
  }
};

std::vector<Kind> kinds_of(const Question& question, const CacheRule& rule) {
  std::vector<Kind> kinds;
  for (const LayerRun& run : question.model->layers) {
    const SequenceCache cache =
        sequence_cache(rule, {run.layer, 1}, *question.kv, *question.kv, activation_bytes(*question.weights));
    const auto known = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const Kind& kind) { return kind.is_like(run.layer, cache); });
    if (known != kinds.end())
      known->layers += run.count;
    else
      kinds.push_back({&run.layer, cache, run.count});
  }
  return kinds;
}

/// How many sequences, or streams of cells, and how much of each is kept at the peak.
struct Kept {
  Factor sequences;
  std::int64_t tokens;
  std::string unit;
};

Factor sequences_of(const Question& question) {
  return whole(question.workload.batch, question.workload.batch == 1 ? "sequence" : "sequences");
}

Kept kept_by_pass(const Question& question, const Runtime& runtime, Phase peak) {
  const Workload& workload = question.workload;
  std::int64_t tokens = workload.context_tokens();
  if (runtime.cache_growth == CacheGrowth::paged) tokens = round_up(tokens, runtime.cache_block_tokens);
  if (runtime.cache_growth == CacheGrowth::concatenated)
    tokens = peak == Phase::last_decode    ? workload.prompt + workload.generate - 1
             : peak == Phase::first_decode ? workload.prompt + 1
                                           : workload.prompt;
  return {sequences_of(question), tokens, "tokens"};
}

Kept kept_by_llama_cpp(const Question& question, const LlamaCppSettings& settings,
                       std::optional<std::int64_t> window) {
  const llama_cpp::ContextSizes sizes =
      llama_cpp::context_sizes(settings, llama_cpp::asked_context(question, settings));
  const std::int64_t cells = window ? llama_cpp::windowed_cells(settings, sizes, *window) : sizes.cells;
  return {whole(sizes.streams, sizes.streams == 1 ? "stream" : "streams"), cells, "cells"};
}

Kept kept(const Question& question, const Runtime& runtime, Phase peak, const SequenceCache& cache) {
  std::optional<std::int64_t> window;
  if (!cache.windowed.empty()) window = cache.windowed.front().positions;
  if (const auto* settings = std::get_if<LlamaCppSettings>(&runtime.settings))
    return kept_by_llama_cpp(question, *settings, window);
  Kept kept = kept_by_pass(question, runtime, peak);
  if (!window || kept.tokens <= *window) return kept;
  kept.tokens = *window;
  kept.unit = "tokens (the window)";
  return kept;
}

/// What one token takes in one layer, as factors.
std::vector<Factor> token_factors(const Layer& layer, const Format& format, Bytes per_token) {
  const std::optional<CacheShape> shape = cache_shape(layer);
  const std::vector<Factor> as_a_whole = {whole(per_token.count(), "bytes a token")};
  if (!shape || (shape->has_values() && shape->value_size != shape->key_size)) return as_a_whole;
  std::vector<Factor> factors;
  if (shape->has_values()) factors.push_back(whole(2, "(keys and values)"));
  if (shape->heads > 1 || shape->has_values()) factors.push_back(whole(shape->heads, "KV heads"));
  if (const std::int64_t width = plain_width(format); width > 0) {
    factors.push_back(whole(shape->key_size, shape->has_values() ? "" : "latent and rotated elements"));
    factors.push_back(whole(width, fmt::format("bytes ({})", format.name)));
  } else {
    factors.push_back(whole(kv_head_bytes(format, shape->key_size).count(),
                            fmt::format("bytes ({} in {})", shape->key_size, format.name)));
  }
  return product(factors).bytes == per_token ? factors : as_a_whole;
}

Step positions_step(const Question& question, const Kind& kind, Bytes per_token, const Kept& kept) {
  std::vector<Factor> factors = token_factors(*kind.layer, *question.kv, per_token);
  factors.insert(factors.begin(), whole(kind.layers, kind.layers == 1 ? "layer" : "layers"));
  factors.push_back(kept.sequences);
  factors.push_back(whole(kept.tokens, kept.unit));
  return product(std::move(factors));
}

/// The last inputs of the convolution and the memory of the recurrence.
void add_state_steps(const Question& question, const CacheRule& rule, const Kind& kind, Steps& steps) {
  const StateShape shape = recurrent_state_shape(kind.layer->mixer);
  if (shape.memory_elements == 0) return;
  const std::int64_t activations = activation_bytes(*question.weights);
  const auto width_or = [&](std::int64_t bytes) { return whole(bytes == 0 ? activations : bytes, "bytes"); };
  const Factor layers = whole(kind.layers, "layers"), sequences = sequences_of(question);
  const bool is_linear = std::holds_alternative<GatedDeltaNet>(kind.layer->mixer);
  steps.push_back(product({layers, whole(shape.convolved_channels, "channels"),
                           whole(shape.kernel_size + rule.convolution_inputs, "last inputs"),
                           width_or(rule.convolution_bytes), sequences}));
  steps.push_back(
      product({layers, whole(shape.memory_elements, "elements of state"),
               width_or(is_linear ? rule.linear_memory_bytes : rule.state_space_bytes), sequences}));
}

Steps steps_by_rule(const Question& question, const CacheRule& rule, const Runtime& runtime, Phase peak) {
  Steps steps;
  for (const Kind& kind : kinds_of(question, rule)) {
    const SequenceCache& cache = kind.of_one;
    const Bytes per_token = cache.windowed.empty() ? cache.per_token : cache.windowed.front().per_token;
    if (per_token > Bytes{})
      steps.push_back(positions_step(question, kind, per_token, kept(question, runtime, peak, cache)));
    add_state_steps(question, rule, kind, steps);
  }
  return steps;
}

/// Whether what the steps leave is no more than the ends of blocks and pages.
bool nearly_explains(const Steps& steps, Bytes term) {
  constexpr std::int64_t fiftieth = 50;
  const Bytes rest = term - sum_of(steps);
  return rest >= Bytes{} && fiftieth * rest <= term;
}

}  // namespace

Steps cache_steps(const Question& question, const Runtime& runtime, Phase peak, Bytes term,
                  const std::vector<TensorGroup>& tensors) {
  Steps steps;
  if (const CacheRule* rule = find_cache_rule(question.runtime))
    steps = steps_by_rule(question, *rule, runtime, peak);
  if (!tensors.empty() && !nearly_explains(steps, term))
    steps = tensor_steps(question, tensors, Term::kv_cache);
  add_remainder(steps, term,
                tensors.empty() ? "pages, padding, and what the runtime keeps beyond the context"
                                : "block tables, and what rounding up to blocks and pages adds");
  return steps;
}

}  // namespace calibram
