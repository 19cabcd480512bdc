// SPDX-License-Identifier: MIT
// The table of llama.cpp's architectures as they matter here.
#include "src/engine/llama_cpp/architecture.hpp"

#include <algorithm>
#include <array>

namespace calibram::llama_cpp {
namespace {

struct Alias {
  std::string_view model_type, architecture;
};
constexpr auto aliases = std::to_array<Alias>({
    {"mistral", "llama"},
    {"mixtral", "llama"},
    {"qwen2_moe", "qwen2moe"},
    {"qwen3_moe", "qwen3moe"},
    {"qwen3_next", "qwen3next"},
    {"deepseek_v2", "deepseek2"},
    {"deepseek_v3", "deepseek2"},
    {"kimi_k2", "deepseek2"},
    {"gemma3_text", "gemma3"},
    {"gemma3n_text", "gemma3n"},
    {"llama4_text", "llama4"},
    {"gpt_oss", "gpt-oss"},
    {"phi", "phi2"},
    {"cohere", "command-r"},
    {"gpt_neox", "gptneox"},
    {"gpt_bigcode", "starcoder"},
    {"falcon_h1", "falcon-h1"},
    {"granitemoehybrid", "granitehybrid"},
    {"ministral3", "mistral3"},
    {"internlm3", "llama"},
});

constexpr auto windowed = std::to_array<std::string_view>(
    {"gemma2", "gemma3", "gemma3n", "llama4", "cohere2", "exaone4", "olmo2", "gpt-oss", "smallthinker"});

}  // namespace

std::string_view architecture_of(std::string_view family) {
  const auto found = std::ranges::find(aliases, family, &Alias::model_type);
  return found == aliases.end() ? family : found->architecture;
}

bool keeps_windows(std::string_view architecture) {
  return std::ranges::find(windowed, architecture) != windowed.end();
}

}  // namespace calibram::llama_cpp
