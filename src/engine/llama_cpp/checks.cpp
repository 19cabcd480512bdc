// SPDX-License-Identifier: MIT
// The checks of a question before it is counted.
#include "src/engine/llama_cpp/checks.hpp"

#include "src/core/error.hpp"
#include "src/engine/countable.hpp"
#include "src/engine/llama_cpp/cells.hpp"
#include "src/engine/llama_cpp/placement.hpp"
#include "src/model/state.hpp"
#include "src/model/stored_tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace calibram::llama_cpp {
namespace {

constexpr std::array<std::string_view, 9> cache_types = {"fp32", "fp16", "bf16",   "q8_0", "q4_0",
                                                         "q4_1", "q5_0", "iq4_nl", "q5_1"};

constexpr std::int64_t largest_context = (std::int64_t{1} << 32) - 256;  ///< before n_ctx is padded

void check_type(const Format& format) {
  if (std::ranges::find(cache_types, std::string_view{format.name}) != cache_types.end()) return;
  throw InputError{fmt::format("llama.cpp has no {} cache", format.name), "",
                   "use f32, f16, bf16, q8_0, q4_0, q4_1, iq4_nl, q5_0 or q5_1"};
}

/// Flash attention reads heads, which must be whole blocks; without it the heads of a token together must.
/// Source: llama.cpp src/llama-context.cpp, llama_init_from_model
void check_blocks(const Model& model, const Format& format, bool is_key, bool flash) {
  const std::int64_t block = format.kv ? format.kv->block_elements : 1;
  for (const LayerRun& run : model.layers) {
    const std::optional<CacheShape> shape = cache_shape(run.layer);
    if (!shape) continue;
    const std::int64_t width = (is_key ? shape->key_size : shape->value_size) * (flash ? 1 : shape->heads);
    if (width % block != 0)
      throw InputError{fmt::format("{} cannot have a {} cache in llama.cpp", model.name, format.name),
                       fmt::format("its {} of {} elements are not made of blocks of {}",
                                   flash ? "heads" : "rows", width, block),
                       "use f16 or bf16"};
  }
}

void check_formats(const Question& question, const LlamaCppSettings& settings) {
  const Format& keys = key_format(question, settings);
  const Format& values = value_format(question, settings);
  check_type(keys);
  check_type(values);
  const bool is_latent = std::ranges::any_of(question.model->layers, [](const LayerRun& run) {
    const auto* latent = std::get_if<LatentAttention>(&run.layer.mixer);
    return latent && latent->absorbable;
  });
  if (is_latent && keys.name != values.name)
    throw InputError{fmt::format("{} cannot have a cache of {} keys and {} values", question.model->name,
                                 keys.name, values.name),
                     "its values are a part of its keys", "give type_k and type_v the same format"};
  if (plain_width(values) == 0 && !settings.flash_attention)
    throw InputError{fmt::format("llama.cpp keeps no {} values without flash attention", values.name),
                     "it transposes them, element by element", "use flash_attn=on, or type_v=f16"};
  check_blocks(*question.model, keys, true, settings.flash_attention);
  check_blocks(*question.model, values, false, settings.flash_attention);
}

void check_devices(const Question& question, const LlamaCppSettings& settings) {
  const auto cards = static_cast<std::size_t>(question.devices);
  if (!settings.is_cuda && cards > 1)
    throw InputError{fmt::format("the host is one device, not {}", cards), "the back end is the host's",
                     "use backend=cuda, or devices=1"};
  if (question.split == Split::tensor)
    throw InputError{"cannot count split=tensor under llama.cpp", "only whole layers are placed on devices",
                     "use split=layers"};
  if (!settings.tensor_split.empty() && settings.tensor_split.size() != cards)
    throw InputError{
        fmt::format("option tensor_split has {} shares for {} cards", settings.tensor_split.size(), cards),
        "", fmt::format("write {} shares", cards)};
}

void check_context(const Question& question, const LlamaCppSettings& settings) {
  const Workload& workload = question.workload;
  if (workload.batch > settings.parallel)
    throw InputError{fmt::format("{} sequences do not fit parallel={}", workload.batch, settings.parallel),
                     "every sequence needs a slot", fmt::format("use parallel={}", workload.batch)};
  const std::int64_t asked = asked_context(question, settings);
  if (asked > largest_context)
    throw InputError{fmt::format("context={} is too long for llama.cpp", asked),
                     "n_ctx is a number of 32 bits", fmt::format("use at most {}", largest_context)};
  const ContextSizes sizes = context_sizes(settings, asked);
  if (sizes.n_batch < settings.parallel)
    throw InputError{fmt::format("a batch of {} tokens has none for some of parallel={} sequences",
                                 sizes.n_batch, settings.parallel),
                     "llama.cpp clamps n_batch by the context",
                     fmt::format("use n_batch and context of {} or more", settings.parallel)};
  const std::int64_t tokens = checked_sum(workload.prompt, workload.generate);
  const std::int64_t room = settings.kv_unified ? sizes.cells / workload.batch : sizes.cells;
  if (tokens > room)
    throw InputError{fmt::format("{} tokens do not fit a sequence's part of context={}", tokens, asked),
                     fmt::format("each of {} has {} cells", settings.parallel, room),
                     fmt::format("use context={}", checked_product({tokens, settings.parallel}))};
  require_positions(*question.model, tokens);
}

}  // namespace

void check(const Question& question, const Runtime& runtime, const LlamaCppSettings& settings) {
  require_model(question);
  validate(question.workload);
  const Format& weights = *question.weights;
  if (!weights.has_exact_bytes && !(is_as_stored(weights) && question.model->stored))
    throw InputError{
        fmt::format("the bytes of weights={} are not known under {}", weights.name, runtime.name),
        "it mixes types from tensor to tensor", "name a plain format, or a GGUF file"};
  check_formats(question, settings);
  check_devices(question, settings);
  check_context(question, settings);
}

std::int64_t asked_context(const Question& question, const LlamaCppSettings& settings) {
  if (question.workload.context) return *question.workload.context;
  return checked_product({question.workload.context_tokens(), settings.parallel});
}

}  // namespace calibram::llama_cpp
