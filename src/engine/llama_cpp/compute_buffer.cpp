// SPDX-License-Identifier: MIT
// The largest micro-batch that llama.cpp reserves for.
#include "src/engine/llama_cpp/compute_buffer.hpp"

#include "src/core/error.hpp"
#include "src/engine/llama_cpp/architecture.hpp"
#include "src/engine/llama_cpp/graph/graph_memory.hpp"
#include "src/engine/llama_cpp/graph/pass.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram::llama_cpp {
namespace {

[[noreturn]] void throw_unknown_graph(const Question& question, const Runtime& runtime,
                                      const std::string& why) {
  throw InputError{
      fmt::format("cannot count the compute buffer of {} under {}", question.model->name, runtime.name), why,
      "ask for weights or kv_cache"};
}

const GraphRules& rules_of(const Question& question, const Runtime& runtime,
                           const LlamaCppSettings& settings) {
  if (!settings.graph_is_known)
    throw_unknown_graph(question, runtime, "its graph is known for 2026-09-28 and v0.5.0 only");
  const std::string_view architecture = architecture_of(question.model->family);
  if (const GraphRules* rules = find_graph_rules(architecture)) return *rules;
  std::string known;
  for (const GraphRules& rules : graph_rules())
    known += fmt::format("{}{}", known.empty() ? "" : ", ", rules.family);
  throw_unknown_graph(
      question, runtime,
      fmt::format("the graph of architecture {} is not known; known are {}", architecture, known));
}

bool is_quantised(const Format& format) { return plain_width(format) == 0; }

/// Keys and values are rotated before they are quantised, where all heads of the cache are alike and made of
/// pieces of 64. Source: llama.cpp src/llama-kv-cache.cpp, attn_rot_k and attn_rot_v
bool can_rotate(const Model& model, bool is_key) {
  std::int64_t common = 0;
  for (const LayerRun& run : model.layers) {
    const Attention* attention = attention_of(run.layer);
    if (!attention) continue;
    const std::int64_t width = is_key ? attention->head_size : attention->value_elements();
    if (common != 0 && common != width) return false;
    common = width;
  }
  return common > 0 && common % 64 == 0;
}

/// What the layers with a window see; 0: there are none.
std::int64_t window_of(const Model& model) {
  for (const LayerRun& run : model.layers)
    if (const Attention* attention = attention_of(run.layer)) {
      if (attention->chunk) return *attention->chunk;
      if (attention->window) return *attention->window;
    }
  return 0;
}

PassShape pass_shape(const Question& question, const LlamaCppSettings& settings, const ContextSizes& sizes,
                     std::string_view architecture) {
  const Model& model = *question.model;
  const Format& keys = key_format(question, settings);
  PassShape shape;
  // graph_reserve of src/llama-context.cpp: every sequence has as many of the tokens
  shape.tokens = round_up(sizes.micro_batch, settings.parallel);
  shape.outputs =
      settings.n_outputs_max > 0 ? std::min(sizes.micro_batch, settings.n_outputs_max) : sizes.micro_batch;
  shape.streams = sizes.streams;
  shape.cells = sizes.cells;
  const std::int64_t window = window_of(model);
  shape.parts_windows = window > 0 && keeps_windows(architecture);
  shape.windowed_cells = windowed_cells(settings, sizes, window);
  shape.flash = settings.flash_attention;
  shape.rotates_keys = is_quantised(keys) && can_rotate(model, true);
  shape.rotates_values = is_quantised(value_format(question, settings)) && can_rotate(model, false);
  const auto plain_type = [](const Format& format) {
    return plain_width(format) == 4 ? ElementType::f32 : ElementType::f16;
  };
  shape.key = plain_type(keys);
  shape.value = plain_type(value_format(question, settings));
  return shape;
}

/// One card holds all but the embedding: the host looks up the tokens' rows and keeps the inputs, of which
/// the card gets copies.
void check_placement(const Question& question, const Runtime& runtime, const Placement& placement) {
  if (!placement.has_cards) return;
  if (placement.host != 1)
    throw_unknown_graph(question, runtime,
                        "with several cards its inputs are copied for passes that overlap");
  if (placement.head != 0 || std::ranges::find(placement.layers, placement.host) != placement.layers.end())
    throw_unknown_graph(
        question, runtime,
        fmt::format(
            "weights of layers on the host are copied to the card for each pass; whole on it with ngl={}",
            placement.layers.size() + 1));
}

}  // namespace

std::vector<Bytes> compute_buffers(const Question& question, const Runtime& runtime,
                                   const LlamaCppSettings& settings, const ContextSizes& sizes,
                                   const Placement& placement) {
  const GraphRules& rules = rules_of(question, runtime, settings);
  check_placement(question, runtime, placement);
  const Model& model = *question.model;
  PassShape shape = pass_shape(question, settings, sizes, rules.family);
  const TensorGraph whole = Pass{model, rules, shape}.build();
  if (!placement.has_cards) return {reserved_bytes(whole, host_alignment)};
  shape.embeds_on_host = true;
  const TensorGraph on_card = Pass{model, rules, shape}.build();
  const std::int64_t looked_up = model.positions == Positions::learned ? 2 : 1;
  const Bytes rows = Shape{model.hidden_size, shape.tokens}.bytes();
  return {reserved_bytes_after_copies(on_card, card_alignment),
          input_bytes(whole, host_alignment) + looked_up * Bytes{round_up(rows.count(), host_alignment)}};
}

}  // namespace calibram::llama_cpp
