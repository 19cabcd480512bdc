// SPDX-License-Identifier: MIT
// Models that are asked for again and again.
#include "src/model/library.hpp"

#include "src/core/error.hpp"
#include "tests/support/config_texts.hpp"
#include "tests/support/scratch.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace calibram {
namespace {

TEST(ModelLibrary, AFileIsReadOnce) {
  const ScratchFolder folder;
  const std::string file = folder.write("config.json", config_text("llama")).string();
  ModelLibrary models;
  const auto first = models.load(file);
  std::filesystem::remove(file);
  EXPECT_EQ(models.load(file), first);
}

TEST(ModelLibrary, SubjectsAreKeptApart) {
  const ScratchFolder folder;
  ModelLibrary models;
  const auto shallow = models.load(folder.write("a.json", config_text("llama")).string());
  const auto deep =
      models.load(folder.write("b.json", config_text("llama", R"("num_hidden_layers": 8)")).string());
  EXPECT_EQ(layer_count(*shallow), 4);
  EXPECT_EQ(layer_count(*deep), 8);
}

TEST(ModelLibrary, WhatCannotBeLoadedSaysSoEachTime) {
  ModelLibrary models;
  EXPECT_THROW(models.load("no-such-model"), InputError);
  EXPECT_THROW(models.load("no-such-model"), InputError);
}

}  // namespace
}  // namespace calibram
