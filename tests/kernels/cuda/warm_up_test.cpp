// SPDX-License-Identifier: MIT
// The warm-up of a card: it leaves nothing, needs little, and starts every kernel that a pass may start
// later.
#include "kernels/cuda/device_probe.hpp"
#include "src/engine/decoder/decoder.hpp"
#include "tests/kernels/cuda/cuda_test.hpp"
#include "tests/kernels/host/small_models.hpp"
#include "tests/support/layers.hpp"

#ifdef CALIBRAM_EMULATED
#include "tests/kernels/cuda/emulation/emulation.hpp"
#include "tests/kernels/cuda/emulation/runtime.hpp"
#endif

namespace calibram {
namespace {

using namespace literals;

class WarmUpOfCard : public CudaTest {};

TEST_F(WarmUpOfCard, LeavesNoTensorsAndNoPeak) {
  cuda.warm_up();
  EXPECT_EQ(cuda.memory().held(), 0_B);
  EXPECT_EQ(cuda.memory().held_at_peak(), 0_B);
  EXPECT_EQ(cuda.memory().requested().at_peak.total(), 0_B);
}

TEST_F(WarmUpOfCard, LoadsEverythingAtOnce) {
  cuda.warm_up();
  const Bytes used = read_device_memory().used;
  cuda.warm_up();
  EXPECT_EQ(read_device_memory().used, used);
}

#ifdef CALIBRAM_EMULATED

TEST_F(WarmUpOfCard, NeedsFewMebibytes) {
  const EmulatedCard before = emulated_card();
  emulated_card().total = before.used_by_others + emulated_bytes_in_use() + (8 << 20);
  EXPECT_NO_THROW(cuda.warm_up());
  emulated_card() = before;
}

/// A model whose sizes are multiples of 16, as those of real ones are.
Model even_model() {
  Model model = small_models().front();
  model.name = "even";
  model.hidden_size = 64;
  model.vocabulary = 96;
  Layer& layer = model.layers.front().layer;
  attention_in(layer).heads = 2;
  attention_in(layer).kv_heads = 1;
  attention_in(layer).head_size = attention_in(layer).rotary_size = 64;
  mlp_in(layer).width = 80;
  model.layers.front().count = 1;
  model.max_positions = 64;
  return model;
}

void run_pass(const Question& question, Gemm& gemm) {
  const Runtime runtime = resolve_runtime(question.runtime, question.options, "llama");
  CudaOps pass{gemm, nullptr};
  Decoder decoder{question, runtime, pass};
  decoder.load();
  decoder.reserve();
  decoder.prefill();
  decoder.decode();
  decoder.holds_weights();
  decoder.finish();
}

TEST_F(WarmUpOfCard, StartsEveryKernelOfLaterPasses) {
  kernels_started().clear();
  cuda.warm_up();
  const std::set<std::type_index> warmed = kernels_started();
  std::vector<Model> models{even_model()};
  for (const Model& model : small_models())
    if (model.name == "llama" || model.name == "phi" || model.name == "gpt2") models.push_back(model);
  const std::pair<const char*, Options> runtimes[] = {{"calibram", {}},
                                                      {"calibram", {{"attention", "eager"}}},
                                                      {"transformers@4.38.2", {{"attention", "flash"}}},
                                                      {"transformers@4.38.2", {{"attention", "eager"}}}};
  constexpr RunFormats formats[] = {
      {"fp32", "fp32", 0}, {"fp16", "fp16", 0}, {"int8", "fp16", 0}, {"int8", "int8", 0}};
  for (Model& model : models)
    for (const RunFormats& run_formats : formats)
      for (const auto& [runtime, options] : runtimes) {
        if (runtime != std::string{"calibram"} && run_formats.kv == std::string{"int8"}) continue;
        for (LayerRun& run : model.layers) run.count = 1;
        run_pass(
            question_about(model, {.batch = 1, .prompt = 16, .generate = 2}, run_formats, runtime, options),
            gemm);
      }
  for (const std::type_index& kernel : kernels_started())
    EXPECT_TRUE(warmed.contains(kernel)) << kernel.name() << " was not warmed up";
}

/// The small ones, and those of Mamba 2 with larger states too.
std::vector<Model> models_of_all_states() {
  std::vector<Model> models = models_of_kinds();
  for (const Model& model : models_of_kinds())
    for (const std::int64_t state_size : {100, 200}) {
      Model larger = model;
      bool has_state = false;
      for (LayerRun& run : larger.layers)
        if (auto* mamba = std::get_if<Mamba2>(&run.layer.mixer)) {
          mamba->state_size = state_size;
          has_state = true;
        }
      if (has_state) models.push_back(larger);
    }
  return models;
}

TEST_F(WarmUpOfCard, StartsEveryKernelOfOtherKindsOfLayers) {
  kernels_started().clear();
  cuda.warm_up();
  const std::set<std::type_index> warmed = kernels_started();
  const std::vector<Model> models = models_of_all_states();
  ASSERT_GT(models.size(), models_of_kinds().size());
  for (const Model& model : models)
    for (const RunFormats& formats :
         {RunFormats{"fp32", "fp32", 0}, RunFormats{"fp16", "fp16", 0}, RunFormats{"int8", "int8", 0}})
      run_pass(question_about(model, {.batch = 1, .prompt = 5, .generate = 2}, formats), gemm);
  for (const std::type_index& kernel : kernels_started())
    EXPECT_TRUE(warmed.contains(kernel)) << kernel.name() << " was not warmed up";
}

#endif

}  // namespace
}  // namespace calibram
