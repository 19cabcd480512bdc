// SPDX-License-Identifier: MIT
// Which layers of a GGUF model see a window and which rotate, as llama.cpp decides by name and key.
#include "src/model/state.hpp"
#include "tests/support/whole_model.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace calibram {
namespace {

/// The layers that a model was given, one by one.
std::vector<Layer> layers_of(const Model& model) {
  std::vector<Layer> layers;
  for (const LayerRun& run : model.layers)
    layers.insert(layers.end(), static_cast<std::size_t>(run.count), run.layer);
  return layers;
}

/// 'w' for each layer with a window, 'c' with a chunk, '.' for the others; in capitals where not rotated.
std::string pattern_of(const Model& model) {
  std::string pattern;
  for (const Layer& layer : layers_of(model)) {
    const Attention& attention = *attention_of(layer);
    const bool rotates = attention.rotary_size > 0;
    if (attention.window)
      pattern += rotates ? 'w' : 'W';
    else if (attention.chunk)
      pattern += rotates ? 'c' : 'C';
    else
      pattern += rotates ? '.' : 'o';
  }
  return pattern;
}

struct WindowCase {
  const char* architecture;
  std::uint32_t layers;
  int window;  ///< -1: no key
  const char* pattern;
  std::int64_t size = 0;
};

class Windows : public testing::TestWithParam<WindowCase> {};

TEST_P(Windows, AreThoseOfLlamaCpp) {
  const WindowCase& expected = GetParam();
  GgufModelWriter writer = dense_gguf(expected.architecture, expected.layers);
  if (std::string_view{expected.architecture} == "cohere2")
    writer.real("attention.layer_norm_epsilon", 1e-5F);
  if (expected.window >= 0)
    writer.key("attention.sliding_window", static_cast<std::uint32_t>(expected.window));
  const Model model = whole_model(writer);
  EXPECT_EQ(pattern_of(model), expected.pattern);
  for (const Layer& layer : layers_of(model))
    EXPECT_EQ(visible_positions(layer).value_or(expected.size), expected.size);
}

// llama.cpp src/models/<architecture>.cpp, load_arch_hparams and the use of rope.
INSTANTIATE_TEST_SUITE_P(
    Architectures, Windows,
    testing::Values(
        WindowCase{"llama", 5, 512, "....."}, WindowCase{"phi3", 5, 2047, "....."},
        WindowCase{"gemma2", 5, -1, "w.w.w", 4096}, WindowCase{"gemma2", 5, 512, "w.w.w", 512},
        WindowCase{"gemma3", 8, 1024, "wwwww.ww", 1024}, WindowCase{"gpt-oss", 5, 128, "w.w.w", 128},
        WindowCase{"cohere2", 8, 4096, "wwwowwwo", 4096}, WindowCase{"olmo2", 5, 4096, "www.w", 4096},
        WindowCase{"olmo2", 5, -1, "....."}, WindowCase{"olmo2", 5, 0, "....."},
        WindowCase{"exaone4", 5, 4096, "....."}, WindowCase{"llama4", 8, -1, "cccoccco", 8192},
        WindowCase{"llama4", 8, 4096, "cccoccco", 8192}, WindowCase{"llama4", 5, 0, "....."},
        WindowCase{"smollm3", 8, -1, "...o...o"}, WindowCase{"smallthinker", 8, 512, "owwwowww", 4096},
        WindowCase{"smallthinker", 5, -1, "....."}),
    [](const auto& test) {
      std::string name = test.param.architecture;
      std::ranges::replace(name, '-', '_');
      return name + "_" + std::to_string(test.index);
    });

TEST(GgufWindows, ADeepEnoughExaoneHasWindows) {
  GgufModelWriter writer = dense_gguf("exaone4", 64);
  const std::string pattern = pattern_of(whole_model(writer));
  EXPECT_EQ(pattern.substr(0, 8), "wwwowwwo");
}

TEST(GgufWindows, TheFilesOwnPatternCounts) {
  EXPECT_EQ(pattern_of(whole_model(dense_gguf("gemma3", 4)
                                       .key("attention.sliding_window", 64)
                                       .key("attention.sliding_window_pattern", 3))),
            "ww.w");
  EXPECT_EQ(pattern_of(whole_model(dense_gguf("gemma3", 4)
                                       .key("attention.sliding_window", 64)
                                       .list("attention.sliding_window_pattern", {0, 1, 1, 0}))),
            ".ww.");
}

TEST(GgufWindows, AnUnusedWindowIsSaid) {
  EXPECT_THAT(dense_gguf("phi3").key("attention.sliding_window", 2047).describe().remarks,
              testing::Contains("attention.sliding_window = 2047 is not used, as in llama.cpp: every layer "
                                "sees the whole context"));
}

TEST(GgufWindows, TheDeeperBaichuanHasNoRotation) {
  EXPECT_EQ(pattern_of(whole_model(dense_gguf("baichuan", 4))), "....");
  EXPECT_EQ(pattern_of(whole_model(dense_gguf("baichuan", 40))), std::string(40, 'o'));
}

TEST(GgufWindows, GraniteTurnsRotationOffByAKey) {
  EXPECT_EQ(pattern_of(whole_model(dense_gguf("granite"))), "..");
  EXPECT_EQ(pattern_of(whole_model(dense_gguf("granite").flag("rope.scaling.finetuned", false))), "oo");
}

}  // namespace
}  // namespace calibram
