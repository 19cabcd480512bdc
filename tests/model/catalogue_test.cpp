// SPDX-License-Identifier: MIT
// Looking models up by name, and the catalogue against the publishers' config files.
#include "src/model/catalogue.hpp"

#include "src/core/error.hpp"
#include "src/core/words.hpp"
#include "src/model/config/config.hpp"
#include "tests/support/shared_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

namespace calibram {
namespace {

using testing::HasSubstr;

TEST(Catalogue, EveryEntryIsAPossibleModelOfItsName) {
  EXPECT_GE(catalogue().size(), 106U);  // a hundred published models, and probes
  for (const CatalogueEntry& entry : catalogue()) {
    const Model model = model_of(entry);
    EXPECT_EQ(model.name, entry.name);
    EXPECT_NO_THROW(validate(model)) << entry.name;
  }
}

TEST(Catalogue, NoNameOrAliasMeansTwoModels) {
  std::set<std::string_view> names;
  for (const CatalogueEntry& entry : catalogue()) {
    std::vector<std::string_view> words = split(entry.aliases, ' ');
    words.push_back(entry.name);
    for (const std::string_view word : words) {
      EXPECT_TRUE(names.insert(word).second) << word;
      ASSERT_NE(find_entry(word), nullptr) << word;
      EXPECT_EQ(find_entry(word)->name, entry.name);
    }
  }
}

TEST(Catalogue, NamesAreFoundAsPublishersWriteThem) {
  EXPECT_EQ(find_model("Qwen/Qwen2-7B")->name, "qwen2-7b");
  EXPECT_EQ(find_model("meta-llama/Llama-3.1-8B-Instruct")->name, "llama-3.1-8b");
  EXPECT_EQ(find_model("QWEN2-7B-INSTRUCT")->name, "qwen2-7b");
}

TEST(Catalogue, WhatIsNotListedIsNotGuessed) {
  for (const char* name : {"", "qwen2", "qwen2-7b-gptq", "Qwen/", "/qwen2-7b", "./qwen2-7b", "a/b/qwen2-7b"})
    EXPECT_FALSE(find_model(name)) << name;
}

TEST(Catalogue, GemmaTwoAlternatesItsWindow) {
  const Model model = find_model("gemma-2-2b").value();
  ASSERT_EQ(model.layers.size(), 26U);
  EXPECT_EQ(attention_of(model.layers[0].layer)->window, 4096);
  EXPECT_FALSE(attention_of(model.layers[1].layer)->window);
}

TEST(Catalogue, OnlyTheFirstMistralHasAWindow) {
  EXPECT_EQ(attention_of(first_layer(find_model("mistral-7b-v0.1").value()))->window, 4096);
  EXPECT_FALSE(attention_of(first_layer(find_model("mistral-7b-v0.3").value()))->window);
}

TEST(Catalogue, PhiTwoRotatesThirtyTwoOfEightyElements) {
  EXPECT_EQ(attention_of(first_layer(find_model("phi-2").value()))->rotary_size, 32);
}

// The published files of these tests name neither rope_theta nor the norm's epsilon.
Model without_constants(Model model) {
  model.name = {};
  model.rope_theta = 0;
  model.norm_epsilon = 0;
  return model;
}

TEST(Catalogue, AnEntryEqualsThePublishersConfig) {
  const std::filesystem::path configs = shared_data() / "configs";
  if (!std::filesystem::exists(configs)) GTEST_SKIP() << "there is no folder " << configs;
  int compared = 0;
  for (const auto& file : std::filesystem::directory_iterator{configs}) {
    const std::optional<Model> known = find_model(file.path().stem().string());
    ASSERT_TRUE(known) << file.path();
    EXPECT_EQ(without_constants(read_config(file.path())), without_constants(*known)) << file.path();
    ++compared;
  }
  EXPECT_GE(compared, 12);
}

TEST(Catalogue, EveryKindOfLayerIsInIt) {
  std::set<std::size_t> mixers, feed_forwards;
  for (const CatalogueEntry& entry : catalogue()) {
    const Model model = find_model(entry.name).value();
    for (const LayerRun& run : model.layers) {
      mixers.insert(run.layer.mixer.index());
      feed_forwards.insert(run.layer.feed_forward.index());
    }
  }
  // All but Linear, which no published search has chosen.
  EXPECT_EQ(mixers, (std::set<std::size_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(feed_forwards, (std::set<std::size_t>{0, 1, 2}));
}

}  // namespace
}  // namespace calibram
