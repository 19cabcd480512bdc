// SPDX-License-Identifier: MIT
// Which formats of weights and cache each engine takes, by what they cost.
#include "bench/calculator/advice/remedies/groups.hpp"
#include "src/model/weight_bytes.hpp"

#include <array>
#include <span>

namespace calibram {
namespace {

struct Offer {
  std::string_view format;
  CostClass cost;
};
using enum CostClass;

// The best of a class first. FP8 before INT8 at the same bits: activations stay as they are, or get FP8's
// wider range; calibrated scales (AWQ, GPTQ) before plain rounding (NF4).

/// What our own pass counts; it runs INT8 itself, and the others stand for engines that take them.
constexpr std::array calibram_weights = {
    Offer{"fp8", weights_8bit},       Offer{"int8", weights_8bit},      Offer{"gptq-int8", weights_8bit},
    Offer{"q8_0", weights_8bit},      Offer{"q6_k", weights_6bit},      Offer{"q5_k", weights_6bit},
    Offer{"awq-int4", weights_4bit},  Offer{"gptq-int4", weights_4bit}, Offer{"q4_k", weights_4bit},
    Offer{"nvfp4", weights_4bit},     Offer{"nf4", weights_4bit},       Offer{"int4", weights_4bit},
    Offer{"gptq-int3", weights_3bit}, Offer{"q3_k", weights_3bit},      Offer{"gptq-int2", weights_2bit},
    Offer{"q2_k", weights_2bit}};

/// Source: transformers docs/source/en/quantization/overview.md, for files of any model.
constexpr std::array transformers_weights = {
    Offer{"fp8-block", weights_8bit}, Offer{"bnb-int8", weights_8bit},   Offer{"gptq-int8", weights_8bit},
    Offer{"awq-int4", weights_4bit},  Offer{"gptq-int4", weights_4bit},  Offer{"nf4", weights_4bit},
    Offer{"int4", weights_4bit},      Offer{"nf4-double", weights_4bit}, Offer{"gptq-int3", weights_3bit},
    Offer{"gptq-int2", weights_2bit}};

/// Source: vllm docs/features/quantization/README.md 0.19.
constexpr std::array vllm_weights = {Offer{"fp8", weights_8bit},       Offer{"w8a8", weights_8bit},
                                     Offer{"gptq-int8", weights_8bit}, Offer{"awq-int4", weights_4bit},
                                     Offer{"gptq-int4", weights_4bit}, Offer{"w4a16", weights_4bit},
                                     Offer{"nvfp4", weights_4bit},     Offer{"nf4", weights_4bit},
                                     Offer{"gptq-int3", weights_3bit}, Offer{"gptq-int2", weights_2bit}};

/// Source: llama.cpp tools/quantize/quantize.cpp. The mixes are what people download, and only a file of them
/// tells its bytes.
constexpr std::array llama_cpp_weights = {
    Offer{"q8_0", weights_8bit}, Offer{"q6_k", weights_6bit},   Offer{"q5_k_m", weights_6bit},
    Offer{"q5_k", weights_6bit}, Offer{"q4_k_m", weights_4bit}, Offer{"q4_k", weights_4bit},
    Offer{"q4_0", weights_4bit}, Offer{"iq4_xs", weights_4bit}, Offer{"q3_k_m", weights_3bit},
    Offer{"q3_k", weights_3bit}, Offer{"iq3_s", weights_3bit},  Offer{"iq3_xxs", weights_3bit},
    Offer{"q2_k", weights_2bit}, Offer{"iq2_s", weights_2bit},  Offer{"iq2_xxs", weights_2bit}};

constexpr std::array calibram_caches = {Offer{"int8", kv_8bit}};
constexpr std::array vllm_caches = {Offer{"fp8", kv_8bit}};
/// iq4_nl before q4_0: a code book for the same bits.
constexpr std::array llama_cpp_caches = {Offer{"q8_0", kv_8bit},   Offer{"q5_1", kv_4bit},
                                         Offer{"q5_0", kv_4bit},   Offer{"q4_1", kv_4bit},
                                         Offer{"iq4_nl", kv_4bit}, Offer{"q4_0", kv_4bit}};

struct Engine {
  std::string_view family;
  std::span<const Offer> weights, caches;
};

constexpr std::array engines = {
    Engine{"calibram", calibram_weights, calibram_caches},
    Engine{"transformers", transformers_weights, {}},
    Engine{"vllm", vllm_weights, vllm_caches},
    Engine{"llama.cpp", llama_cpp_weights, llama_cpp_caches},
};

const Engine& engine_of(const Question& question) {
  for (const Engine& engine : engines)
    if (engine.family == family_of(question.runtime)) return engine;
  return engines.front();
}

/// The cache that goes with plain activations of 16 bits, in the model's own kind of them.
const Format& plain_cache(const Question& question) {
  return kv_format(question.model && question.model->stored_format == "bf16" ? "bf16" : "fp16");
}

void take_weights(Question& question, const Format& format) {
  question.weights = &format;
  const std::int64_t width = plain_width(*question.kv);
  if (width != 0 && width != activation_bytes(format)) question.kv = &plain_cache(question);
}

Remedy weights_remedy(const Question& question, const Offer& offer) {
  const Format& format =
      question.model ? weight_format(offer.format, *question.model) : weight_format(offer.format);
  return {.name = format.name + " weights",
          .cost = offer.cost,
          .apply = [&format](Question& changed, std::int64_t) { take_weights(changed, format); }};
}

/// The cache's formats of a llama.cpp server are options too, which would override the question's.
Remedy cache_remedy(const Offer& offer) {
  const Format& format = kv_format(offer.format);
  return {.name = format.name + " cache",
          .cost = offer.cost,
          .apply = [&format](Question& changed, std::int64_t) {
            changed.kv = &format;
            for (const char* key : {"type_k", "type_v"}) changed.options = without(changed.options, key);
          }};
}

}  // namespace

RemedyGroup smaller_weights(const Question& question) {
  RemedyGroup group{"weight format", {}};
  if (question.weights && activation_bytes(*question.weights) == 4 && plain_width(*question.weights) == 4)
    group.choices.push_back(weights_remedy(question, {plain_cache(question).name, weights_16bit}));
  for (const Offer& offer : engine_of(question).weights)
    if (offer.format != question.weights->name) group.choices.push_back(weights_remedy(question, offer));
  return group;
}

RemedyGroup smaller_cache(const Question& question) {
  RemedyGroup group{"cache format", {}};
  for (const Offer& offer : engine_of(question).caches)
    if (offer.format != question.kv->name) group.choices.push_back(cache_remedy(offer));
  if (group.choices.empty())
    group.absence = engine_of(question).caches.empty()
                        ? "only caches as wide as the activations are known for this runtime"
                        : "the cache is as small as this runtime is known to keep it";
  return group;
}

}  // namespace calibram
