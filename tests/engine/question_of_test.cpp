// SPDX-License-Identifier: MIT
// From the words of a row to a question: models, sizes, formats and their defaults.
#include "src/core/error.hpp"
#include "src/engine/measurement.hpp"
#include "tests/support/config_texts.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::HasSubstr;

Question of(const std::string& model) {
  Measurement row;
  row.model = model;
  return question_of(row);
}

TEST(QuestionOf, ACatalogueNameBringsItsArchitectureAndStoredFormat) {
  const Question question = of("qwen2-7b");
  EXPECT_EQ(question.parameters, 7615616512.0);
  EXPECT_EQ(question.weights->name, "bf16");
  EXPECT_EQ(question.kv->name, "bf16");
}

TEST(QuestionOf, ABareSizeHasParametersOnly) {
  EXPECT_EQ(of("70B").parameters, 70e9);
  EXPECT_EQ(of("0.5b").parameters, 0.5e9);
  EXPECT_EQ(of("350M").parameters, 350e6);
  EXPECT_EQ(of("70B").model, nullptr);
}

TEST(QuestionOf, AnAbsurdSizeIsRefused) {
  EXPECT_THAT(message_of<InputError>([] { of("0B"); }), HasSubstr("invalid size '0B'"));
  EXPECT_THAT(message_of<InputError>([] { of("-7B"); }), HasSubstr("invalid size"));
  EXPECT_THAT(message_of<InputError>([] { of("1e300B"); }), HasSubstr("invalid size"));
}

TEST(QuestionOf, AnUnknownNameSuggestsTheNearest) {
  EXPECT_THAT(message_of<InputError>([] { of("lama-3-8b"); }), HasSubstr("'llama-3-8b'"));
}

TEST(QuestionOf, AModelPathIsRelativeToTheRowsFile) {
  const ScratchFolder folder;
  folder.write("tiny.json", R"({"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 100})");
  Measurement row;
  row.model = "./tiny.json";
  row.file = (folder.path() / "rows.csv").string();
  EXPECT_EQ(layer_count(*question_of(row).model), 2);
}

TEST(QuestionOf, ARecordedModelIsFoundFromTheFilesFolder) {
  const ScratchFolder folder;
  const std::string path = folder.write("config.json", config_text("llama")).string();
  std::filesystem::create_directories(folder.path() / "results" / "deep");
  Measurement row;
  row.file = (folder.path() / "results" / "deep" / "rows.csv").string();
  row.model = model_as_recorded(path, row.file.str());
  EXPECT_EQ(row.model, "../../config.json");
  EXPECT_NO_THROW(question_of(row));
  EXPECT_EQ(model_as_recorded("qwen2-7b", row.file.str()), "qwen2-7b");
  EXPECT_EQ(model_as_recorded("70B", row.file.str()), "70B");
}

TEST(QuestionOf, RowsThatShareALibraryReadAModelsFileOnce) {
  const ScratchFolder folder;
  Measurement row;
  row.model = folder.write("config.json", config_text("llama")).string();
  ModelLibrary models;
  const Question first = question_of(row, models);
  std::filesystem::remove(row.model.str());
  EXPECT_EQ(question_of(row, models).model, first.model);
  EXPECT_THROW(question_of(row), InputError) << "a row alone reads the file";
}

TEST(QuestionOf, ABareSizeIsStoredInSixteenBits) {
  EXPECT_EQ(of("70B").weights->name, "fp16");
  Measurement row;
  row.model = "70B";
  row.weights = "as-stored";
  EXPECT_EQ(question_of(row).weights->name, "fp16");
}

}  // namespace
}  // namespace calibram
