// SPDX-License-Identifier: MIT
// Names, configs, folders and weight files become the same model; what is missing of them is said.
#include "src/model/load.hpp"

#include "src/core/error.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/stored_tensor.hpp"
#include "tests/support/gguf_models.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using namespace literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string error_of_loading(const std::string& subject) {
  return message_of<InputError>([&] { load_model(subject); });
}

TEST(LoadModel, AnUnknownNameSuggestsTheNearest) {
  EXPECT_THAT(error_of_loading("qwen2-7c"), HasSubstr("qwen2-7b"));
}

TEST(LoadModel, WhatIsNoModelSaysWhy) {
  EXPECT_THAT(error_of_loading("no/such/config.json"), HasSubstr("no such file"));
  EXPECT_THAT(error_of_loading("./folder"), HasSubstr("no such file"));
  EXPECT_THAT(error_of_loading("model.gguf"), HasSubstr("no such file"));
  EXPECT_THAT(error_of_loading("model.safetensors"), HasSubstr("no such file"));
  EXPECT_THAT(error_of_loading(""), HasSubstr("unknown model"));
}

TEST(ReadModel, OfMemoryIsThatOfTheFile) {
  const ScratchFolder folder;
  const std::string header = dense_gguf("llama").header();
  const auto file = folder.write("small.gguf", header);
  ASSERT_TRUE(extend(file, 10_MiB));
  const Model loaded = load_model(file), read = read_model({header, 10_MiB, "small.gguf"});
  EXPECT_EQ(read.name, loaded.name);
  EXPECT_EQ(read.remarks, loaded.remarks);
  EXPECT_EQ(parameter_count(read), parameter_count(loaded));
  EXPECT_EQ(total_bytes(*read.stored), total_bytes(*loaded.stored));
}

TEST(ReadModel, OpensNoFile) {
  const ScratchFolder folder;
  const auto config = folder.write("config.json", "{}");
  EXPECT_THAT(message_of<InputError>([&] {
                read_model({"not JSON", 8_B, config.string()});
              }),
              HasSubstr("not valid JSON"));
  EXPECT_THAT(message_of<InputError>([&] {
                read_model({"12345678{}", 10_B, "x.safetensors"});
              }),
              HasSubstr("give the config.json"));
  EXPECT_THAT(message_of<InputError>([&] {
                read_model({"GGUF", 4_B, "x.gguf"});
              }),
              HasSubstr("and the file has 4 in all"));
}

/// A published model whose folder holds config.json and weights.
class ModelFolder : public testing::Test {
 protected:
  static constexpr const char* config =
      R"({"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4,
          "num_key_value_heads": 4, "head_dim": 16, "intermediate_size": 128, "vocab_size": 100,
          "max_position_embeddings": 512, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
          "rope_theta": 10000.0, "rms_norm_eps": 1e-6, "hidden_act": "silu", "attention_bias": false,
          "mlp_bias": false})";

  ModelFolder() { folder_.write("config.json", config); }

  std::string path(const char* name) const { return (folder_.path() / name).string(); }
  Model load() const { return load_model(folder_.path().string()); }

  ScratchFolder folder_;
};

TEST_F(ModelFolder, WithoutWeightsIsItsConfig) {
  EXPECT_EQ(load().stored, nullptr);
  EXPECT_EQ(load().hidden_size, 64);
}

TEST_F(ModelFolder, ItsWeightsAreFoundFromFolderConfigAndFile) {
  SafetensorsWriter writer;
  folder_.write("model.safetensors", writer.tensor("model.embed_tokens.weight", "BF16", {100, 64}).file());
  for (const std::string& subject :
       {folder_.path().string(), path("config.json"), path("model.safetensors")}) {
    const Model model = load_model(subject);
    ASSERT_TRUE(model.stored) << subject;
    EXPECT_EQ(total_bytes(*model.stored), 12800_B);
    EXPECT_THAT(model.remarks, IsEmpty());
  }
}

TEST_F(ModelFolder, WeightsWithoutAnArchitectureAreRefused) {
  const ScratchFolder alone;
  SafetensorsWriter writer;
  alone.write("x.safetensors", writer.tensor("a", "F16", {2}).file());
  EXPECT_THAT(error_of_loading((alone.path() / "x.safetensors").string()),
              HasSubstr("there is no config.json beside it"));
}

TEST_F(ModelFolder, MissingShardsAndBytesAreNamed) {
  SafetensorsWriter writer;
  folder_.write("model-00001-of-00002.safetensors", writer.tensor("a", "F16", {8}).header());
  folder_.write("model.safetensors.index.json",
                R"({"weight_map": {"a": "model-00001-of-00002.safetensors",
                                   "b": "model-00002-of-00002.safetensors"}})");
  const Model model = load();
  EXPECT_THAT(model.remarks, Contains(HasSubstr("model-00002-of-00002.safetensors")));
  EXPECT_THAT(model.remarks, Contains(HasSubstr("16")));
}

TEST_F(ModelFolder, TowersBesideTheTextAreSaidToBeThere) {
  SafetensorsWriter writer;
  writer.tensor("language_model.model.embed_tokens.weight", "BF16", {100, 64});
  writer.tensor("vision_tower.vision_model.encoder.layers.0.fc1.weight", "BF16", {1024, 1024});
  writer.tensor("language_model.model.layers.0.visual_gate", "BF16", {4});
  folder_.write("model.safetensors", writer.file());
  folder_.write(
      "config.json",
      std::string{R"({"model_type": "mistral3", "vision_config": {}, "text_config": )"} + config + "}");
  EXPECT_THAT(load().remarks, Contains("vision and audio towers are 0.00 GiB of the stored weights"));
  EXPECT_THAT(load().remarks, Not(Contains(HasSubstr("only the text part"))));
  std::filesystem::remove(folder_.path() / "model.safetensors");
  EXPECT_THAT(load().remarks, Contains(HasSubstr("only the text part")));
}

}  // namespace
}  // namespace calibram
