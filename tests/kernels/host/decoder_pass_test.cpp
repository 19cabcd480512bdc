// SPDX-License-Identifier: MIT
// Whole forward passes on the host against an independent computation in double precision.
#include "tests/kernels/host/reference_pass.hpp"
#include "tests/kernels/host/small_models.hpp"

#include <algorithm>

namespace calibram {
namespace {

// FP32 and FP16 runs differ from double precision by rounding alone. Where activations or cache entries are
// quantised, a difference of one FP16 rounding tips some of them over to the next of 127 steps, each step
// being 0.8 % of the row's greatest, in every layer: hence 6 %. In FP32 hardly one tips over.
constexpr RunFormats formats[] = {{"fp32", "fp32", 1e-5}, {"fp16", "fp16", 1e-2}, {"int8", "fp16", 6e-2},
                                  {"fp32", "int8", 3e-3}, {"fp16", "int8", 6e-2}, {"int8", "int8", 6e-2}};

constexpr Workload workload{.batch = 3, .prompt = 7, .generate = 5, .context = 13};

class DecoderPass : public testing::TestWithParam<std::tuple<Model, RunFormats>> {
 protected:
  void expect_run(const Options& options) const {
    const auto& [model, run_formats] = GetParam();
    HostRun run{question_about(model, workload, run_formats, "calibram", options)};
    std::vector<Doubles> logits;  // by step
    run.prefill();
    const bool keeps_all = options.at("logits") == "all";
    EXPECT_EQ(run.decoder().logits().rows, keeps_all ? workload.batch * workload.prompt : workload.batch);
    logits.push_back(read(run.decoder().logits()));
    while (static_cast<std::int64_t>(logits.size()) < workload.generate) {
      run.decode();
      logits.push_back(read(run.decoder().logits()));
    }
    expect_logits(run, logits, keeps_all ? 0 : workload.prompt - 1);
  }

 private:
  /// What was computed in steps is what a pass over the whole sequences gives.
  /// @param first  the position of the first row that the prompt gave
  static void expect_logits(const HostRun& run, const std::vector<Doubles>& logits, std::int64_t first) {
    const double tolerance = std::get<RunFormats>(GetParam()).tolerance;
    const ReferencePass reference{run.question(), run.decoder(), tolerance};
    std::vector<Doubles> expected(logits.size());
    const std::vector<Tokens> sequences = run.sequences();
    for (std::size_t s = 0; s < sequences.size(); ++s) {
      const Doubles all = reference.logits(sequences[s], run.choices(s));
      auto row = all.begin() + first * run.question().model->vocabulary;
      for (std::size_t step = 0; step < logits.size(); ++step) {
        const auto end = all.begin() + (workload.prompt + static_cast<std::int64_t>(step)) *
                                           run.question().model->vocabulary;
        expected[step].insert(expected[step].end(), row, end);
        row = end;
      }
    }
    for (std::size_t step = 0; step < logits.size(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      expect_close(logits[step], expected[step], tolerance);
    }
  }
};

TEST_P(DecoderPass, GivesTheLogitsOfEveryPosition) { expect_run({{"logits", "all"}}); }

TEST_P(DecoderPass, GivesTheLogitsOfTheLastPosition) {
  expect_run({{"logits", "last"}, {"logits_copy", "none"}});
}

TEST_P(DecoderPass, GivesThemWithWrittenScoresAndPages) {
  expect_run({{"logits", "all"}, {"attention", "eager"}, {"cache", "paged"}, {"block_tokens", "8"}});
}

INSTANTIATE_TEST_SUITE_P(Small, DecoderPass,
                         testing::Combine(testing::ValuesIn(small_models()), testing::ValuesIn(formats)),
                         test_name);

TEST(DecoderRun, FeedsTheMostLikelyToken) {
  HostRun run{question_about(dense_models().front(), workload, formats[1])};
  run.prefill();
  for (std::int64_t step = 1; step < workload.generate; ++step) {
    const Doubles logits = run.last_logits();
    const auto width = static_cast<std::ptrdiff_t>(logits.size()) / workload.batch;
    Tokens expected;
    for (auto row = logits.begin(); row != logits.end(); row += width)
      expected.push_back(static_cast<std::int32_t>(std::max_element(row, row + width) - row));
    EXPECT_EQ(run.next_tokens(), expected);
    run.decode();
  }
}

}  // namespace
}  // namespace calibram
