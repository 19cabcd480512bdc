// SPDX-License-Identifier: MIT
// However a pass is cut into steps and whatever shapes its memory, its logits are the same.
#include "tests/kernels/host/host_run.hpp"
#include "tests/kernels/host/small_models.hpp"

#include <algorithm>

namespace calibram {
namespace {

// As in decoder_pass_test.cpp, but against a run of the same precision.
constexpr RunFormats step_formats[] = {
    {"fp32", "fp32", 1e-5}, {"fp16", "fp16", 1e-2}, {"int8", "fp16", 6e-2}, {"int8", "int8", 6e-2}};

// Runtimes round to FP16 at different places (eager attention its scores, say), which tips activations over
// to the neighbouring INT8 step in every layer: hence 6 %. Concatenated caches cannot be INT8.
constexpr RunFormats runtime_formats[] = {
    {"fp32", "fp32", 1e-5}, {"fp16", "fp16", 1e-2}, {"int8", "fp16", 6e-2}};

class SameLogits : public testing::TestWithParam<std::tuple<Model, RunFormats>> {
 protected:
  HostRun start(const Workload& workload, const std::string& runtime = "calibram",
                const Options& options = {}, std::vector<Tokens> script = {}) const {
    const auto& [model, run_formats] = GetParam();
    return HostRun{question_about(model, workload, run_formats, runtime, options), std::move(script)};
  }
  /// Two runs of the same arithmetic.
  void expect_same_bits(const Options& options, const Options& others) const {
    SCOPED_TRACE(options_text(others));
    const Workload workload{.batch = 3, .prompt = 13, .generate = 7};
    HostRun run = start(workload, "calibram", options), other = start(workload, "calibram", others);
    run.prefill();
    other.prefill();
    for (std::int64_t step = 1; step < workload.generate; ++step) {
      ASSERT_EQ(other.last_logits(), run.last_logits()) << "step " << step;
      run.decode();
      other.decode();
    }
    EXPECT_EQ(other.last_logits(), run.last_logits());
  }
  double tolerance() const { return std::get<RunFormats>(GetParam()).tolerance; }
};

using SameLogitsInSteps = SameLogits;
using SameBitsInPages = SameLogits;
using SameBitsInGrowingCaches = SameLogits;
using SameLogitsInRuntimes = SameLogits;

TEST_P(SameLogitsInSteps, DecodingAfterAPromptEqualsALongerPrompt) {
  HostRun stepped = start({.batch = 2, .prompt = 6, .generate = 6});
  stepped.prefill();
  for (int step = 0; step < 5; ++step) stepped.decode();
  HostRun whole = start({.batch = 2, .prompt = 11, .generate = 1}, "calibram", {}, stepped.sequences());
  whole.prefill();
  EXPECT_EQ(whole.sequences(), stepped.sequences());
  expect_close(stepped.last_logits(), whole.last_logits(), tolerance());
}

TEST_P(SameBitsInPages, PagesOfTheCacheChangeNothing) {
  for (const char* attention : {"flash", "eager"})
    for (const char* block_tokens : {"8", "16", "128"})
      expect_same_bits({{"attention", attention}},
                       {{"attention", attention}, {"cache", "paged"}, {"block_tokens", block_tokens}});
}

TEST_P(SameBitsInGrowingCaches, GrowthOfTheCacheChangesNothing) {
  for (const char* attention : {"flash", "eager"})
    expect_same_bits({{"attention", attention}}, {{"attention", attention}, {"cache", "concatenated"}});
}

struct RuntimeCase {
  const char* name;
  Options options;
};

const RuntimeCase runtimes[] = {
    {"calibram", {{"attention", "eager"}}},
    {"calibram", {{"cache", "concatenated"}}},
    {"calibram", {{"cache", "concatenated"}, {"attention", "eager"}, {"logits", "all"}}},
    {"transformers@4.35.2", {{"attention", "eager"}}},
    {"transformers@4.38.2", {{"attention", "flash"}}},
    {"transformers@4.38.2", {{"attention", "eager"}}},
    {"transformers@4.46.0", {{"attention", "sdpa"}}},
    {"transformers@4.57.0", {{"attention", "sdpa"}}},
};

TEST_P(SameLogitsInRuntimes, DoNotDependOnHowTheRuntimeKeepsItsMemory) {
  const Workload workload{.batch = 2, .prompt = 5, .generate = 4};
  std::vector<Doubles> expected;
  HostRun plain = start(workload);
  plain.prefill();
  expected.push_back(plain.last_logits());
  for (int step = 1; step < 4; ++step) {
    plain.decode();
    expected.push_back(plain.last_logits());
  }
  for (const RuntimeCase& runtime : runtimes) {
    SCOPED_TRACE(std::string{runtime.name} + " " + options_text(runtime.options));
    // The tokens are dictated: where two are almost equally likely, rounding decides.
    HostRun run = start(workload, runtime.name, runtime.options, plain.sequences());
    run.prefill();
    expect_close(run.last_logits(), expected[0], tolerance());
    for (std::size_t step = 1; step < expected.size(); ++step) {
      run.decode();
      expect_close(run.last_logits(), expected[step], tolerance());
    }
  }
}

/// Where two experts' scores are almost equal, rounding decides, and all that follows differs: the reference
/// of decoder_pass_test.cpp knows that.
std::vector<Model> models_without_experts() {
  std::vector<Model> models;
  for (Model& model : small_models())
    if (std::none_of(model.layers.begin(), model.layers.end(), [](const LayerRun& run) {
          return std::holds_alternative<Experts>(run.layer.feed_forward);
        }))
      models.push_back(std::move(model));
  return models;
}

INSTANTIATE_TEST_SUITE_P(Small, SameLogitsInSteps,
                         testing::Combine(testing::ValuesIn(models_without_experts()),
                                          testing::ValuesIn(step_formats)),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Small, SameBitsInPages,
                         testing::Combine(testing::ValuesIn(small_models()), testing::ValuesIn(step_formats)),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Small, SameBitsInGrowingCaches,
                         testing::Combine(testing::ValuesIn(models_with_growing_caches()),
                                          testing::ValuesIn(runtime_formats)),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Small, SameLogitsInRuntimes,
                         testing::Combine(testing::ValuesIn(dense_models()),
                                          testing::ValuesIn(runtime_formats)),
                         test_name);

}  // namespace
}  // namespace calibram
