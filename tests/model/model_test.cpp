// SPDX-License-Identifier: MIT
// Parameter counts against the publishers' totals, and the rules that every model must keep.
#include "src/model/model.hpp"
#include "tests/support/layers.hpp"

#include "src/core/error.hpp"
#include "src/model/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

namespace calibram {
namespace {

struct PublishedTotal {
  const char* name;
  std::int64_t parameters;
};

// The totals that huggingface.co shows for each publisher's safetensors files, tied weights once; Pythia: the
// table "total params" of its model cards; GPT-2: num_parameters() of the released checkpoints;
// stablelm-3b-4e1t: its model card; Phi-2 also from its FP32 files (11,118,767,504 B with headers).
constexpr PublishedTotal published_totals[] = {
    {"qwen1.5-0.5b", 463987712},      {"qwen1.5-1.8b", 1836828672},    {"qwen1.5-4b", 3950369280},
    {"qwen1.5-7b", 7721324544},       {"qwen1.5-14b", 14167290880},    {"qwen1.5-72b", 72287920128},
    {"qwen2-0.5b", 494032768},        {"qwen2-1.5b", 1543714304},      {"qwen2-7b", 7615616512},
    {"qwen2-72b", 72706203648},       {"qwen2.5-3b", 3085938688},      {"qwen2.5-14b", 14770033664},
    {"qwen2.5-32b", 32763876352},     {"qwen3-0.6b", 596049920},       {"qwen3-4b", 4022468096},
    {"qwen3-8b", 8190735360},         {"qwen3-14b", 14768307200},      {"qwen3-32b", 32762123264},
    {"llama-2-7b", 6738415616},       {"llama-2-13b", 13015864320},    {"llama-2-70b", 68976648192},
    {"llama-3-8b", 8030261248},       {"llama-3-70b", 70553706496},    {"llama-3.1-405b", 405853388800},
    {"llama-3.2-1b", 1235814400},     {"llama-3.2-3b", 3212749824},    {"tinyllama-1.1b", 1100048384},
    {"codellama-7b", 6738546688},     {"codellama-34b", 33743970304},  {"deepseek-llm-7b", 6910365696},
    {"mistral-7b-v0.1", 7241732096},  {"mistral-7b-v0.3", 7248023552}, {"mistral-nemo-12b", 12247782400},
    {"gemma-2b", 2506172416},         {"gemma-7b", 8537680896},        {"mistral-small-24b", 23572403200},
    {"gemma-2-2b", 2614341888},       {"gemma-2-9b", 9241705984},      {"gemma-2-27b", 27227128320},
    {"phi-1.5", 1418270720},          {"phi-2", 2779683840},           {"phi-3-mini-4k", 3821079552},
    {"phi-4", 14659507200},           {"pythia-1.4b", 1414647808},     {"pythia-2.8b", 2775208960},
    {"pythia-6.9b", 6857302016},      {"pythia-12b", 11846072320},     {"gpt2", 124439808},
    {"gpt2-xl", 1557611200},          {"starcoder2-3b", 3030371328},   {"starcoder2-7b", 7173923840},
    {"stablelm-3b-4e1t", 2795443200},
};

TEST(Model, ParametersEqualThePublishersTotals) {
  for (const PublishedTotal& total : published_totals)
    EXPECT_EQ(parameter_count(find_model(total.name).value()), total.parameters) << total.name;
}

TEST(Model, AlikeLayersInARowAreOneRun) {
  Layer narrow, wide;
  mlp_in(narrow).width = 64;
  mlp_in(wide).width = 128;
  std::vector<LayerRun> runs;
  for (const Layer& layer : {narrow, narrow, wide, narrow}) add_layer(runs, layer);
  EXPECT_EQ(runs, (std::vector<LayerRun>{{narrow, 2}, {wide, 1}, {narrow, 1}}));
}

TEST(Model, LayersOfAllRunsAreCounted) {
  EXPECT_EQ(layer_count(find_model("gemma-2-2b").value()), 26);
  EXPECT_EQ(layer_count(find_model("llama-3.1-405b").value()), 126);
}

struct Fault {
  const char* field;
  std::function<void(Model&)> plant;
};

Attention& attention(Model& model) { return attention_in(model.layers.front().layer); }

TEST(Model, EveryImpossibleValueIsNamed) {
  const Fault faults[] = {
      {"hidden_size", [](Model& m) { m.hidden_size = 0; }},
      {"hidden_size", [](Model& m) { m.hidden_size = std::numeric_limits<std::int64_t>::max(); }},
      {"vocab_size", [](Model& m) { m.vocabulary = -1; }},
      {"max_position_embeddings", [](Model& m) { m.max_positions = 0; }},
      {"num_hidden_layers", [](Model& m) { m.layers.clear(); }},
      {"num_hidden_layers", [](Model& m) { m.layers.front().count = most_layers + 1; }},
      {"num_attention_heads", [](Model& m) { attention(m).heads = 0; }},
      {"num_key_value_heads", [](Model& m) { attention(m).kv_heads = 5; }},
      {"num_key_value_heads", [](Model& m) { attention(m).kv_heads = 56; }},
      {"head_dim", [](Model& m) { attention(m).head_size = attention(m).rotary_size = 65; }},
      {"partial_rotary_factor", [](Model& m) { attention(m).rotary_size = 130; }},
      {"sliding_window", [](Model& m) { attention(m).window = 0; }},
      {"attention_chunk_size", [](Model& m) { attention(m).chunk = 0; }},
      {"intermediate_size", [](Model& m) { mlp_in(m.layers.front().layer).width = 0; }},
      {"parallel_residual", [](Model& m) { m.layers.front().layer.norm_before_mlp = false; }},
      {"rms_norm_eps", [](Model& m) { m.norm_epsilon = 0; }},
      {"rope_theta", [](Model& m) { m.rope_theta = std::numeric_limits<double>::infinity(); }},
      {"norm_bias", [](Model& m) { m.norm_bias = true; }},
  };
  for (const Fault& fault : faults) {
    Model model = find_model("qwen2-7b").value();
    fault.plant(model);
    const std::optional<Violation> found = first_violation(model);
    ASSERT_TRUE(found) << fault.field;
    EXPECT_EQ(found->field, fault.field);
    EXPECT_THROW(validate(model), InputError);
  }
}

TEST(Model, MoreParametersThan64BitsHaveBytesForAreAViolation) {
  Model model = find_model("qwen2-7b").value();
  model.hidden_size = 1 << 20;
  model.layers.front().count = most_layers;
  model.layers.front().layer.feed_forward =
      Experts{.count = 1 << 14, .active = 1, .expert = {.width = 1 << 24}};
  ASSERT_TRUE(first_violation(model));
  EXPECT_THAT(first_violation(model)->rule, testing::StartsWith("give at most"));
}

TEST(Model, TheLargestPossibleModelHasAParameterCount) {
  Model model = find_model("qwen2-7b").value();
  model.hidden_size = 1 << 20;
  model.layers.front().count = most_layers;
  mlp_in(model.layers.front().layer).width = 1 << 24;
  attention(model).heads = attention(model).kv_heads = 1 << 17;
  model.vocabulary = model.max_positions = 2147483647;
  EXPECT_NO_THROW(validate(model));
  EXPECT_GT(parameter_count(model), std::int64_t{1} << 57);
  EXPECT_LT(parameter_count(model), std::int64_t{1} << 60);
}

}  // namespace
}  // namespace calibram
