// SPDX-License-Identifier: MIT
// Theory against published measurements and against arithmetic, with no fitted number.
#include "src/engine/count.hpp"

#include "src/core/error.hpp"
#include "src/engine/allocators/rounding.hpp"
#include "src/model/weight_bytes.hpp"
#include "tests/engine/question_builder.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace calibram {
namespace {

using testing::HasSubstr;

Count counted(const Question& question) { return count(question, runtime_of(question)); }

struct PublishedRow {
  const char* model;
  std::int64_t prompt;
  double gib;
};

// QwenLM/Qwen2.5 docs/source/benchmark/speed_benchmark.rst: Qwen2, BF16, one A100 80GB, transformers 4.38.2,
// FlashAttention, 2048 tokens generated, torch.cuda.max_memory_allocated.
constexpr PublishedRow qwen2_rows[] = {
    {"qwen2-0.5b", 1, 1.17},      {"qwen2-0.5b", 6144, 6.42},   {"qwen2-0.5b", 14336, 13.48},
    {"qwen2-0.5b", 30720, 27.61}, {"qwen2-1.5b", 1, 3.44},      {"qwen2-1.5b", 6144, 8.74},
    {"qwen2-1.5b", 14336, 15.92}, {"qwen2-1.5b", 30720, 30.31}, {"qwen2-7b", 1, 14.92},
    {"qwen2-7b", 6144, 20.26},    {"qwen2-7b", 14336, 27.71},   {"qwen2-7b", 30720, 42.62},
};

TEST(Count, PredictsTheQwen2TableWithinOnePercentAndThreeTenthsOnAverage) {
  double sum = 0;
  for (const PublishedRow& row : qwen2_rows) {
    Question question =
        ask(row.model, "transformers@4.38.2", {1, row.prompt, 2048, {}}, "bf16", {{"attention", "flash"}});
    question.device = "A100 80GB";
    const double error = std::abs(in_gib(counted(question).total) / row.gib - 1);
    EXPECT_LE(error, 0.01) << row.model << " at " << row.prompt;
    sum += error;
  }
  EXPECT_LE(sum / std::size(qwen2_rows), 0.003);
}

struct LlamaRow {
  const char* attention;
  std::int64_t batch, generate;
  double megabytes;
};

// huggingface/optimum-benchmark, running-llamas: Llama-2-7B, FP16, one A100-SXM4-80GB, transformers 4.35.2,
// 256 tokens of prompt, peak allocated in 10^6 bytes.
constexpr LlamaRow llama_rows[] = {{"flash", 1, 0, 13738},    {"flash", 64, 0, 25422},
                                   {"flash", 16, 512, 26442}, {"sdpa", 64, 512, 65111},
                                   {"eager", 8, 512, 19997},  {"eager", 64, 0, 25422}};

TEST(Count, PredictsLlama2AtEveryBatchAndAttention) {
  for (const LlamaRow& row : llama_rows) {
    Question question = ask("llama-2-7b", "transformers@4.35.2", {row.batch, 256, row.generate, {}}, "fp16",
                            {{"attention", row.attention}});
    question.device = "A100-SXM4-80GB";
    EXPECT_NEAR(static_cast<double>(counted(question).total.count()) / 1e6 / row.megabytes, 1, 0.002)
        << row.attention << " " << row.batch << " " << row.generate;
  }
}

TEST(Count, WeightsAreTheParametersTimesTheirBytes) {
  const Count counted_run = counted(ask("llama-3-8b", "calibram", {1, 16, 1, {}}));
  EXPECT_EQ(counted_run.terms[Term::weights].count(), 2 * 8030261248);
}

TEST(Count, TheReservedCacheIsTwoVectorsPerLayerHeadAndPosition) {
  const Count counted_run = counted(ask("llama-3-8b", "calibram", {3, 16, 1, 1000}));
  EXPECT_EQ(counted_run.terms[Term::kv_cache].count(), 3 * 1000 * 131072);
  const Count quantised = counted(ask("llama-3-8b", "calibram", {3, 16, 1, 1000}, "int8"));
  EXPECT_EQ(quantised.terms[Term::kv_cache].count(), 3 * 1000 * 32 * 2 * 8 * (128 + 4));
}

TEST(Count, APagedCacheIsWholeBlocksAndATableOfThemPerLayer) {
  const auto kv_cache = [](const std::string& formats, const Options& options) {
    return counted(ask("llama-3-8b", "calibram", {3, 16, 1, 1001}, formats, options))
        .terms[Term::kv_cache]
        .count();
  };
  const auto table = [](std::int64_t blocks) { return 32 * 3 * blocks * 4; };
  EXPECT_EQ(kv_cache("fp16", {{"cache", "paged"}}), 3 * 1008 * 131072 + table(63));
  EXPECT_EQ(kv_cache("fp16", {{"cache", "paged"}, {"block_tokens", "128"}}), 3 * 1024 * 131072 + table(8));
  EXPECT_EQ(kv_cache("int8", {{"cache", "paged"}, {"block_tokens", "8"}}),
            3 * 1008 * 32 * 2 * 8 * (128 + 4) + table(126));
}

TEST(Count, LogitsOfAllPositionsDominateALongPrompt) {
  const Count all = counted(ask("qwen2-0.5b", "calibram", {1, 8192, 1, {}}, "fp16", {{"logits", "all"}}));
  EXPECT_EQ(all.terms[Term::logits].count(), 8192LL * 151936 * 6);
}

TEST(Count, LogitsThatAreWideAlreadyAreNotCopied) {
  const Count wide =
      counted(ask("qwen2-0.5b", "transformers@4.38.2", {1, 6144, 1, {}}, "fp32", {{"attention", "flash"}}));
  EXPECT_EQ(wide.terms[Term::logits], rounded_size(Bytes{6144LL * 151936 * 4}, Rounding::torch_block));
}

TEST(Count, LearnedPositionsEnd) {
  EXPECT_THAT(message_of<InputError>([] {
                counted(ask("gpt2", "calibram", {1, 5000, 1, {}}));
              }),
              HasSubstr("its learned positions end at 1024"));
}

TEST(Count, EveryDeviceHasItsOwnPeak) {
  Question question =
      ask("qwen2-72b", "transformers@4.38.2", {1, 6144, 2048, {}}, "bf16", {{"attention", "flash"}});
  question.devices = 2;
  question.split = Split::layers;
  const Count counted_run = counted(question);
  ASSERT_EQ(counted_run.devices.size(), 2u);
  EXPECT_EQ(counted_run.devices[0].total + counted_run.devices[1].total, counted_run.total);
  EXPECT_GE(counted_run.terms[Term::weights].count(), 2 * 72706203648);
}

TEST(Count, RoundingFollowsTheMetric) {
  Question question = ask("probe-deep", "calibram", {1, 64, 2, {}});
  const Count exact = counted(question);
  EXPECT_EQ(exact.total, exact.requested);
  question.metric = Metric::rss;
  const Count pages = counted(question);
  EXPECT_EQ(pages.requested, exact.requested);
  EXPECT_EQ(pages.total.count() % 4096, 0);
  EXPECT_GT(pages.total, exact.total);
}

TEST(Count, HoldsTheWholeContextOfAWindowedLayer) {
  const Bytes windowed = counted(ask("mistral-7b-v0.1", "calibram", {1, 5000, 1, {}})).terms[Term::kv_cache];
  EXPECT_EQ(windowed, Bytes{5001 * 131072});  // 2 * 8 * 128 * 2 B in each of 32 layers
}

TEST(Count, RefusesWhatThePassCannotRun) {
  const auto refusal = [](const Question& question) {
    return message_of<InputError>([&] { counted(question); });
  };
  EXPECT_THAT(refusal(ask("mistral-7b-v0.1", "transformers@4.46.0", {1, 5000, 1, {}})),
              HasSubstr("sliding_window is 4096"));
  EXPECT_THAT(refusal(ask("qwen2-7b", "transformers@4.46.0", {1, 16, 1, {}}, "int8")), HasSubstr("kv=int8"));
  Question split = ask("qwen2-7b", "calibram", {1, 16, 1, {}});
  split.devices = 2;
  EXPECT_THAT(refusal(split), HasSubstr("runs on one device"));
  Question tensor = ask("qwen2-7b", "transformers@4.46.0", {1, 16, 1, {}});
  tensor.devices = 2;
  tensor.split = Split::tensor;
  EXPECT_THAT(refusal(tensor), HasSubstr("split=tensor"));
}

TEST(Count, AnAstronomicalWorkloadIsAnErrorNotAWrappedNumber) {
  EXPECT_THROW(counted(ask("qwen2-7b", "calibram", {1'000'000'000, 1'000'000'000, 1, {}})), InputError);
}

TEST(Count, WeightsOfEveryFormatAreTheSumOfItsTensors) {
  for (const char* format :
       {"gptq-int4", "awq-int4-g64", "nf4-double", "fp8-block", "nvfp4", "q6_k", "iq2_s"}) {
    Question question = ask("qwen2-0.5b", "calibram", {1, 16, 1, {}});
    question.weights = &weight_format(format);
    EXPECT_EQ(counted(question).terms[Term::weights], weight_bytes(*question.model, *question.weights))
        << format;
  }
}

TEST(Count, EveryTensorOfAPackedMatrixIsABlockOfItsOwn) {
  Question question = ask("qwen2-0.5b", "transformers@4.46.0", {1, 16, 1, {}});
  question.weights = &weight_format("nf4");
  const Model& model = *question.model;
  Bytes blocks;
  const auto add = [&](const WeightShapes& shapes, std::int64_t layers) {
    for (const WeightShape& shape : shapes) {
      if (!quantises(*question.weights, shape)) {
        blocks += layers * rounded_size(weight_bytes(*question.weights, shape), Rounding::torch_block);
        continue;
      }
      for (const MatrixPart& part : matrix_parts(*question.weights, shape.rows, shape.columns))
        blocks += layers * rounded_size(part.bytes, Rounding::torch_block);
    }
  };
  add(outer_weights(model), 1);
  for (const LayerRun& run : model.layers) add(layer_weights(model, run.layer), run.count);
  EXPECT_EQ(counted(question).terms[Term::weights], blocks);
}

TEST(Count, AFormatThatWouldQuantiseNothingIsRefused) {
  Question question = ask("qwen2-0.5b", "calibram", {1, 16, 1, {}});
  question.weights = &weight_format("mxfp4");
  EXPECT_THAT(message_of<InputError>([&] { counted(question); }),
              HasSubstr("weights=mxfp4 would quantise nothing"));
}

// QwenLM/Qwen2.5 docs/source/benchmark/speed_benchmark.rst: GPTQ-Int4, otherwise as the rows above. Without
// the buffer these would be 0.13 and 0.45 GiB lower.
TEST(Count, GptqInFourBitsNeedsABufferForTheLargestMatrix) {
  for (const auto& [model, gib] : {std::pair{"qwen2-7b", 6.06}, std::pair{"qwen2-72b", 41.80}}) {
    Question question = ask(model, "transformers@4.38.2", {1, 1, 2048, {}}, "fp16", {{"attention", "flash"}});
    question.device = "A100 80GB";
    question.weights = &weight_format("gptq-int4");
    EXPECT_NEAR(in_gib(counted(question).total), gib, 0.06) << model;
  }
}

}  // namespace
}  // namespace calibram
