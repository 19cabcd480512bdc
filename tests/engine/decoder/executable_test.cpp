// SPDX-License-Identifier: MIT
// What cannot be run is refused by name; what could always be run still can.
#include "src/engine/decoder/executable.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"
#include "tests/engine/question_builder.hpp"
#include "tests/support/kinds_of_layers.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace calibram {
namespace {

using testing::HasSubstr;

void executable(const Question& question) { validate_executable(question, runtime_of(question)); }

/// Empty where there is none.
std::string refusal(Model model) {
  Question question = ask("probe-mha", "calibram", {1, 16, 1, {}});
  question.model = std::make_shared<const Model>(std::move(model));
  try {
    executable(question);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

TEST(Executable, TakesEveryKindOfLayer) {
  for (Model (*model)() :
       {latent_model, chunked_model, sharing_model, mamba_model, mamba2_model, linear_attention_model})
    EXPECT_EQ(refusal(model()), "") << model().name;
}

TEST(Executable, RefusesToReadACacheThatNoLayerHas) {
  Model model = sharing_model();
  std::get<Attention>(model.layers[30].layer.mixer).window = 511;
  EXPECT_THAT(refusal(model), HasSubstr("there is none"));
}

TEST(Executable, TakesDenseModelsInPlainFormatsAndInt8) {
  for (const char* model : {"qwen3-0.6b", "gemma-2-2b", "phi-2", "gpt2", "probe-mqa"})
    for (const char* format : {"fp16", "bf16", "fp32"})
      EXPECT_NO_THROW(executable(ask(model, "calibram", {1, 16, 1, {}}, format))) << model;
  EXPECT_NO_THROW(executable(ask("gpt2", "calibram", {1, 16, 1, {}}, "int8")));
}

TEST(Executable, RefusesPackedWeights) {
  Question question = ask("qwen2-0.5b", "calibram", {1, 16, 1, {}});
  for (const char* format : {"nf4", "q4_k", "fp8"}) {
    question.weights = &weight_format(format);
    EXPECT_THAT(message_of<InputError>([&] { executable(question); }),
                HasSubstr("packed weights are only counted"))
        << format;
  }
}

}  // namespace
}  // namespace calibram
