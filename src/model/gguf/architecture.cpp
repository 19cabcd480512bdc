// SPDX-License-Identifier: MIT
// The table of architectures, as llama.cpp has them in code.
#include "src/model/gguf/architecture.hpp"

#include "src/core/names.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace calibram {
namespace {

using enum Activation;
using enum RotaryLayers;
constexpr Norm layer_norm = Norm::layer;

// Source: github.com/ggml-org/llama.cpp src/llama-arch.cpp (names) and, for each, src/models/<name>.cpp or
// src/llama-model.cpp: load_hparams (windows, layers with a cache), the graph (norms, activations, rotation).
constexpr auto architectures = std::to_array<GgufArchitecture>({
    {.name = "llama"},
    {.name = "llama4",
     .rotary = unless_long_chunk,
     .window = {.period = 4, .is_chunk = true, .size = 8192, .fixed_size = 8192},
     .unweighted_norm_but = 128},
    {.name = "mistral3"},
    {.name = "deci"},
    {.name = "arcee", .activation = relu_squared},
    {.name = "smollm3", .rotary = three_of_four},
    {.name = "minicpm"},
    {.name = "minicpm3"},
    {.name = "internlm2"},
    {.name = "baichuan", .unrotated_depth = 40},
    {.name = "xverse"},
    {.name = "orion", .norm = layer_norm},
    {.name = "exaone"},
    {.name = "exaone4", .rotary = windowed, .window = {.period = 4, .size = 4096, .depth = 64}},
    {.name = "seed_oss"},
    {.name = "ernie4_5"},
    {.name = "ernie4_5-moe"},
    {.name = "hunyuan-dense"},
    {.name = "hunyuan-moe"},
    {.name = "minimax-m2"},
    {.name = "falcon", .norm = layer_norm, .activation = gelu},
    {.name = "gpt2", .norm = layer_norm, .activation = gelu, .positions = Positions::learned},
    {.name = "gptj", .norm = layer_norm, .activation = gelu},
    {.name = "gptneox", .norm = layer_norm, .activation = gelu, .residual_key = true},
    {.name = "starcoder", .norm = layer_norm, .activation = gelu, .positions = Positions::learned},
    {.name = "starcoder2", .norm = layer_norm, .activation = gelu},
    {.name = "stablelm", .norm = layer_norm},
    {.name = "qwen2"},
    {.name = "qwen2vl"},
    {.name = "qwen2moe", .experts_share_width = true},
    {.name = "qwen3"},
    {.name = "qwen3vl"},
    {.name = "qwen3moe", .experts_share_width = true},
    {.name = "qwen3vlmoe", .experts_share_width = true},
    {.name = "qwen3next", .output_gate = true, .experts_share_width = true},
    {.name = "phi2", .norm = layer_norm, .activation = gelu},
    {.name = "phi3"},
    // llama.cpp norms by the root mean square and adds the biases; the model was trained with LayerNorm.
    {.name = "phimoe", .norm = layer_norm},
    {.name = "gemma", .activation = gelu},
    {.name = "gemma2", .activation = gelu, .window = {.period = 2, .size = 4096}},
    {.name = "gemma3", .activation = gelu, .window = {.period = 6, .key_required = true}},
    {.name = "gemma3n",
     .activation = gelu,
     .window = {.period = 5, .key_required = true},
     .layers_with_cache = 20},
    {.name = "mamba"},
    {.name = "mamba2"},
    {.name = "jamba", .rotary = none},
    {.name = "command-r", .norm = layer_norm},
    {.name = "cohere2",
     .norm = layer_norm,
     .rotary = windowed,
     .window = {.period = 4, .key_required = true}},
    {.name = "dbrx", .norm = layer_norm},
    {.name = "olmo", .norm = layer_norm, .norm_weight = false},
    {.name = "olmo2", .window = {.period = 4}},
    {.name = "olmoe"},
    {.name = "deepseek"},
    {.name = "deepseek2"},
    {.name = "dots1"},
    {.name = "bailingmoe"},
    {.name = "bailingmoe2"},
    {.name = "chatglm"},
    {.name = "glm4"},
    {.name = "glm4moe"},
    {.name = "granite", .rotary_switch = true},
    {.name = "granitemoe", .rotary_switch = true},
    {.name = "granitehybrid", .rotary_switch = true},
    {.name = "nemotron", .norm = layer_norm, .activation = relu_squared},
    {.name = "nemotron_h", .activation = relu_squared, .rotary = none},
    {.name = "nemotron_h_moe", .activation = relu_squared, .rotary = none},
    {.name = "gpt-oss", .window = {.period = 2, .key_required = true}},
    {.name = "smallthinker",
     .activation = relu,
     .rotary = windowed,
     .window = {.period = 4, .dense_first = true, .fixed_size = 4096},
     .experts_share_width = true},
});

}  // namespace

const GgufArchitecture& gguf_architecture(std::string_view name, std::string_view file) {
  const auto found = std::ranges::find(architectures, name, &GgufArchitecture::name);
  if (found != architectures.end()) return *found;
  std::vector<std::string_view> known;
  for (const GgufArchitecture& architecture : architectures) known.push_back(architecture.name);
  throw unknown_name("general.architecture in " + std::string{file} + ":", name, known);
}

bool is_windowed(const WindowPattern& pattern, std::int64_t period, std::int64_t layer) {
  if (period <= 0) return true;
  return pattern.dense_first ? layer % period != 0 : layer % period < period - 1;
}

}  // namespace calibram
