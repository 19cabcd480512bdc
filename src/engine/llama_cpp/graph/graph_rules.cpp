// SPDX-License-Identifier: MIT
// The table of architectures whose graphs are known.
#include "src/engine/llama_cpp/graph/graph_rules.hpp"

#include <algorithm>
#include <array>

namespace calibram::llama_cpp {
namespace {

// Source: github.com/ggml-org/llama.cpp src/models/<family>.cpp
constexpr auto table = std::to_array<GraphRules>({
    {.family = "llama", .normalises_weights = true},
    {.family = "qwen2"},
    {.family = "qwen3"},
    {.family = "qwen2moe"},
    {.family = "qwen3moe", .normalises_weights = true},
    {.family = "gemma2",
     .scales_embeddings = true,
     .scales_queries = true,
     .caps_scores = true,
     .caps_logits = true,
     .windowed_cache = true},
    {.family = "gemma3", .scales_embeddings = true, .scales_queries = true, .windowed_cache = true},
    {.family = "deepseek2"},
});

}  // namespace

const GraphRules* find_graph_rules(std::string_view family) {
  const auto found = std::ranges::find(table, family, &GraphRules::family);
  return found == table.end() ? nullptr : &*found;
}

std::span<const GraphRules> graph_rules() { return table; }

}  // namespace calibram::llama_cpp
