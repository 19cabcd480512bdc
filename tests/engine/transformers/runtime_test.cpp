// SPDX-License-Identifier: MIT
// What versions of transformers differ by, in bytes that follow from the shapes.
#include "src/core/error.hpp"
#include "src/engine/count.hpp"
#include "src/engine/decoder/executable.hpp"
#include "src/engine/transformers/device_map.hpp"
#include "src/model/weight_bytes.hpp"
#include "tests/engine/question_builder.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;

Count counted(const Question& question) { return count(question, runtime_of(question)); }

Question asked(const std::string& model, const std::string& version, Workload workload,
               const Options& options = {}, const std::string& format = "fp16") {
  return ask(model, "transformers@" + version, workload, format, options);
}

Bytes total(const std::string& model, const std::string& version, Workload workload,
            const Options& options = {}, const std::string& format = "fp16") {
  return counted(asked(model, version, workload, options, format)).total;
}

const Options eager = {{"attention", "eager"}};
const Options flash = {{"attention", "flash"}};

TEST(Transformers, From448OnEagerAttentionsWeightsLiveThroughTheMlp) {
  const Workload workload{1, 128, 1, {}};  // short enough for the MLP to hold the peak
  EXPECT_EQ(total("llama-2-7b", "4.48.0", workload, eager) - total("llama-2-7b", "4.47.0", workload, eager),
            Bytes{32LL * 128 * 128 * 2});
}

TEST(Transformers, EagerSoftmaxConvertsBf16ScoresFirst) {
  const Workload workload{1, 1024, 1, {}};  // long enough for the scores to hold the peak
  EXPECT_EQ(total("llama-2-7b", "4.46.0", workload, eager, "bf16") -
                total("llama-2-7b", "4.46.0", workload, eager, "fp16"),
            Bytes{32LL * 1024 * 1024 * 2});  // 2 + 4 + 4 bytes an element instead of 2 + 4 + 2
}

TEST(Transformers, Llama438KeepsACausalMaskOfAllPositionsOfWhichAnElementHadEightBytes) {
  const auto workspace = [](const std::string& version) {
    return counted(asked("llama-2-7b", version, {1, 16, 1, {}}, flash)).terms[Term::workspace];
  };
  EXPECT_EQ(workspace("4.38.1") - workspace("4.38.2"), Bytes{7LL * 4096 * 4096});
}

TEST(Transformers, MasksOfAllPositionsGrowWithTheBatchOnly) {
  const auto activation = [](std::int64_t batch, const std::string& version) {
    return counted(asked("llama-2-7b", version, {batch, 16, 1, {}}, eager)).terms[Term::activation];
  };
  EXPECT_GE(activation(4, "4.38.2"), Bytes{4LL * 4096 * 4096 * 2});
  EXPECT_LT(activation(4, "4.40.0"), Bytes{1LL * 4096 * 4096 * 2});
}

TEST(Transformers, From450OnWeightsShareOneSegmentAndLoseTheirSlack) {
  const auto weights = [](const Options& options) {
    return counted(asked("qwen2.5-14b", "4.51.3", {1, 16, 1, {}}, options, "bf16")).terms[Term::weights];
  };
  const Question question = asked("qwen2.5-14b", "4.51.3", {}, {}, "bf16");
  const Bytes exact = weight_bytes(*question.model, *question.weights);
  EXPECT_LT(weights({}) - exact, 2_MiB);
  EXPECT_GT(weights({{"device_map", "none"}}) - exact, 128_MiB);
}

TEST(Transformers, From456OnALayerWithAWindowKeepsNoMoreThanIt) {
  const Workload workload{1, 1, 8192, {}};
  const Bytes kept = counted(asked("mistral-7b-v0.1", "4.56.0", workload)).terms[Term::kv_cache];
  const Bytes per_token{32LL * 2 * 8 * 128 * 2};
  EXPECT_GE(kept, 4095 * per_token);
  EXPECT_LT(kept, 4096 * per_token + 32_MiB);  // one layer's old and new copies
  EXPECT_THAT(message_of<InputError>([&] { counted(asked("mistral-7b-v0.1", "4.55.0", workload)); }),
              HasSubstr("sliding_window is 4096"));
}

TEST(Transformers, AStaticCacheIsReservedForTheWholeContext) {
  const Count run = counted(asked("llama-3-8b", "4.46.0", {2, 100, 28, {}}, {{"cache", "static"}}));
  EXPECT_EQ(run.terms[Term::kv_cache], Bytes{2LL * 128 * 131072});
}

TEST(Transformers, TokensThatAllGoToTheSameExpertsNeedMore) {
  const Workload workload{1, 8192, 1, {}};
  EXPECT_GT(total("mixtral-8x7b", "4.51.3", workload, {{"routing", "alike"}}),
            total("mixtral-8x7b", "4.51.3", workload));
}

/// Mixtral with more experts, none of them hit.
Bytes activation_with_experts(std::int64_t count) {
  Question question = asked("mixtral-8x7b", "4.51.3", {1, 4096, 1, {}}, {{"routing", "alike"}});
  Model model = *question.model;
  std::get<Experts>(model.layers.front().layer.feed_forward).count = count;
  question.model = std::make_shared<const Model>(model);
  return counted(question).terms[Term::activation];
}

TEST(Transformers, TheExpertsLoopHoldsScoresAndAMaskOfInt64ForEveryTokenChoiceAndExpert) {
  EXPECT_EQ(activation_with_experts(1032) - activation_with_experts(8), Bytes{4096LL * 1024 * (2 + 2 * 8)});
}

/// Phi-3's cached values are a view of the projection that gave queries and keys too, until 4.56 copies them.
TEST(Transformers, Phi3KeepsWholeProjectionsBehindItsFirstCache) {
  const auto beside_mistral = [](const std::string& version) {
    Question phi = asked("phi-3-mini-4k", version, {1, 2000, 1, {}}, flash);
    Model model = *phi.model;
    model.family = "mistral";
    Question mistral = phi;
    mistral.model = std::make_shared<const Model>(model);
    return counted(phi).total - counted(mistral).total;
  };
  const Bytes queries_and_keys_of_layer{2000LL * 2 * 3072 * 2};
  EXPECT_GE(beside_mistral("4.55.0"), 31 * queries_and_keys_of_layer);
  EXPECT_LT(beside_mistral("4.56.0"), 3 * queries_and_keys_of_layer);
}

TEST(Transformers, ALoopOverExpertsIsOnlyCounted) {
  const Question question = asked("mixtral-8x7b", "4.46.0", {1, 4, 1, {}});
  EXPECT_THAT(message_of<InputError>([&] { validate_executable(question, runtime_of(question)); }),
              HasSubstr("its loop over experts is only counted"));
}

TEST(Transformers, AwqMakesA16BitMatrixForLongInputsOnly) {
  const auto workspace = [](std::int64_t prompt) {
    Question question = asked("qwen2.5-7b", "4.46.0", {1, prompt, 1, {}}, flash);
    question.weights = &weight_format("awq-int4", *question.model);
    return counted(question);
  };
  // 1024 rows: the 16-bit gate matrix, 18944 x 3584, stands beside the MLP's tensors.
  EXPECT_GT(workspace(1024).terms[Term::workspace], 8519680_B + 100_MiB);
  EXPECT_EQ(workspace(30000).terms[Term::workspace],
            8519680_B);  // then the product of gate and up is the peak
}

TEST(Transformers, LayersGoWhereTheSplitSaysAndMustAddUp) {
  Question question = asked("llama-2-7b", "4.46.0", {1, 256, 1, {}}, {{"layer_split", "20,12"}});
  question.devices = 2;
  question.split = Split::layers;
  const Count run = counted(question);
  const Bytes layer{202383360LL * 2};
  EXPECT_EQ(run.devices[0].at_peak[Term::weights] - run.devices[1].at_peak[Term::weights],
            8 * layer - Bytes{4096 * 2});  // embedding here, head and final norm there
  question.options["layer_split"] = "20,13";
  EXPECT_THAT(message_of<InputError>([&] { counted(question); }),
              HasSubstr("layer_split places 33 layers on 2 devices"));
}

TEST(Transformers, ABalancedMapKeepsRoomFreeOnTheFirstCard) {
  const Question question = asked("qwen2-72b", "4.46.0", {}, {}, "bf16");
  for (const int devices : {2, 3, 8}) {
    const std::vector<std::int64_t> layers = balanced_layers(*question.model, *question.weights, devices);
    ASSERT_EQ(layers.size(), static_cast<std::size_t>(devices));
    EXPECT_EQ(std::accumulate(layers.begin(), layers.end(), std::int64_t{0}), 80);
    EXPECT_LT(layers[0], layers[1]);
  }
}

TEST(Transformers, AFirstCardMayHoldTheEmbeddingAlone) {
  Question question = asked("qwen2-0.5b", "4.46.0", {1, 64, 3, {}}, flash);
  question.devices = 8;
  question.split = Split::layers;
  const Count run = counted(question);
  EXPECT_EQ(balanced_layers(*question.model, *question.weights, 8).front(), 0);
  EXPECT_EQ(run.devices[0].at_peak[Term::weights],
            rounded_size(Bytes{151936LL * 896 * 2}, Rounding::torch_block));
}

struct ReservedRow {
  const char* attention;
  std::int64_t batch, generate;
  double megabytes;
};

// huggingface/optimum-benchmark, running-llamas: Llama-2-7B, FP16, one A100-SXM4-80GB, transformers 4.35.2,
// 256 tokens of prompt, torch's peak reserved in 10^6 bytes. Nothing here is fitted.
constexpr ReservedRow reserved_rows[] = {
    {"eager", 1, 0, 13767},  {"eager", 4, 0, 14636}, {"eager", 16, 0, 17779},
    {"eager", 64, 0, 30440}, {"flash", 4, 0, 14625}, {"flash", 64, 0, 30205},
    {"sdpa", 2, 0, 13998},   {"sdpa", 32, 0, 21862}, {"sdpa", 2, 512, 15613}};

TEST(Transformers, PredictsWhatLlama2ReservesAtEveryBatchAndAttention) {
  for (const ReservedRow& row : reserved_rows) {
    Question question =
        asked("llama-2-7b", "4.35.2", {row.batch, 256, row.generate, {}}, {{"attention", row.attention}});
    question.device = "A100-SXM4-80GB";
    question.metric = Metric::reserved;
    EXPECT_NEAR(static_cast<double>(counted(question).total.count()) / 1e6 / row.megabytes, 1, 0.002)
        << row.attention << " " << row.batch << " " << row.generate;
  }
}

TEST(Transformers, ACacheThatGrowsByCopiesFillsTheCardAndNoMore) {
  Question question = asked("llama-2-7b", "4.35.2", {32, 256, 512, {}}, {{"device_bytes", "84000000000"}});
  question.metric = Metric::reserved;
  const Bytes reserved = counted(question).total;
  EXPECT_LE(reserved, 84000000000_B);
  EXPECT_GT(reserved, 80000000000_B);
}

TEST(Transformers, ARunThatDoesNotFitSaysWhatItWouldNeed) {
  Question question = asked("llama-2-7b", "4.46.0", {1, 256, 1, {}}, {{"device_bytes", "1000000000"}});
  question.metric = Metric::reserved;
  EXPECT_GT(counted(question).total, 13000000000_B);
}

}  // namespace
}  // namespace calibram
