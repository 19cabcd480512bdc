// SPDX-License-Identifier: MIT
// The table of architectures whose graphs are known.
#include "src/engine/llama_cpp/graph/graph_rules.hpp"

#include <algorithm>
#include <array>

namespace calibram::llama_cpp {
namespace {

// Source: github.com/ggml-org/llama.cpp src/models/<family>.cpp of 2026-09-28
constexpr auto table = std::to_array<GraphRules>({
    {.family = "llama", .normalises_weights = true},
    {.family = "mistral3"},
    {.family = "smollm3"},
    {.family = "seed_oss"},
    {.family = "ernie4_5"},
    {.family = "qwen2"},
    {.family = "qwen3"},
    {.family = "qwen2moe"},
    {.family = "qwen3moe", .normalises_weights = true},
    {.family = "olmo2"},
    {.family = "olmoe"},
    {.family = "exaone4"},
    {.family = "starcoder2"},
    {.family = "stablelm", .parallel_sum = ParallelSum::mlp_joined},
    {.family = "glm4", .gates_at_once = true},
    {.family = "granite", .scales_embeddings = true, .scales_logits = true, .scales_parts = true},
    {.family = "phi2", .scales_queries = true, .parallel_sum = ParallelSum::mixed_mlp_input},
    {.family = "phi3",
     .scales_queries = true,
     .projects_at_once = true,
     .gates_at_once = true,
     .adds_to_residual = true},
    {.family = "falcon", .projects_at_once = true, .parallel_sum = ParallelSum::mlp_mixed_input},
    {.family = "gptneox", .projects_at_once = true},
    {.family = "command-r", .scales_logits = true},
    {.family = "cohere2", .scales_logits = true},
    {.family = "gemma", .scales_embeddings = true, .scales_queries = true},
    {.family = "gemma2",
     .scales_embeddings = true,
     .scales_queries = true,
     .caps_scores = true,
     .caps_logits = true},
    {.family = "gemma3", .scales_embeddings = true, .scales_queries = true},
    {.family = "gpt-oss", .drops_rows_last = true, .gating = Gating::softmax_of_chosen},
    {.family = "llama4",
     .norms_rotated = true,
     .scales_unrotated = true,
     .weighs_inputs = true,
     .chooses_by_logits = true,
     .gating = Gating::sigmoid},
    {.family = "deepseek2"},
    {.family = "deepseek"},
    {.family = "internlm2"},
    {.family = "baichuan"},
    {.family = "xverse"},
    {.family = "orion"},
    {.family = "exaone"},
    {.family = "arcee"},
    {.family = "olmo"},
    {.family = "nemotron"},
    {.family = "hunyuan-dense"},
    {.family = "hunyuan-moe", .normalises_weights = true},
    {.family = "minicpm", .scales_embeddings = true, .scales_logits = true, .scales_parts = true},
    {.family = "granitemoe",
     .scales_embeddings = true,
     .scales_logits = true,
     .scales_parts = true,
     .normalises_weights = true},
    {.family = "bailingmoe", .normalises_weights = true},
    {.family = "dots1", .biases_choice = true, .normalises_weights = true, .gating = Gating::sigmoid},
    {.family = "glm4moe", .biases_choice = true, .normalises_weights = true, .gating = Gating::sigmoid},
    {.family = "minimax-m2", .biases_choice = true, .normalises_weights = true, .gating = Gating::sigmoid},
    {.family = "ernie4_5-moe", .biases_choice = true, .normalises_weights = true},
    {.family = "phimoe",
     .scales_queries = true,
     .norms_by_rms = true,
     .adds_to_residual = true,
     .normalises_weights = true},
    {.family = "dbrx", .projects_at_once = true, .normalises_weights = true},
    {.family = "chatglm", .projects_at_once = true, .gates_at_once = true},
    {.family = "gpt2", .projects_at_once = true},
    {.family = "starcoder", .projects_at_once = true},
    {.family = "qwen2vl", .position_parts = 4},
});

}  // namespace

const GraphRules* find_graph_rules(std::string_view family) {
  const auto found = std::ranges::find(table, family, &GraphRules::family);
  return found == table.end() ? nullptr : &*found;
}

std::span<const GraphRules> graph_rules() { return table; }

}  // namespace calibram::llama_cpp
