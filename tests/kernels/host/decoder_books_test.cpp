// SPDX-License-Identifier: MIT
// What is counted without memory is, byte for byte, what a run with memory asks for.
#include "src/engine/count.hpp"
#include "src/engine/counting_ops.hpp"
#include "tests/kernels/host/host_run.hpp"
#include "tests/kernels/host/small_models.hpp"

#include <unistd.h>

#include <algorithm>

namespace calibram {
namespace {

constexpr Workload workload{.batch = 2, .prompt = 9, .generate = 5, .context = 15};

struct BookCase {
  RunFormats formats;
  std::string runtime;
  Options options;
};

constexpr RunFormats fp32{"fp32", "fp32", 0}, fp16{"fp16", "fp16", 0}, int8_weights{"int8", "fp16", 0},
    int8_kv{"fp16", "int8", 0}, all_int8{"int8", "int8", 0};

/// What a run of any model can be.
std::vector<BookCase> book_cases() {
  std::vector<BookCase> cases;
  for (const RunFormats& formats : {fp32, fp16, int8_weights, int8_kv, all_int8})
    for (const Options& options :
         {Options{}, Options{{"logits", "all"}}, Options{{"logits_copy", "none"}},
          Options{{"attention", "eager"}}, Options{{"attention", "eager"}, {"logits", "all"}},
          Options{{"cache", "paged"}}, Options{{"cache", "paged"}, {"block_tokens", "8"}}})
      cases.push_back({formats, "calibram", options});
  return cases;
}

/// Beside that, what a run can be where all caches can grow.
std::vector<BookCase> concatenated_cases() {
  std::vector<BookCase> cases;
  for (const RunFormats& formats : {fp32, fp16, int8_weights})
    for (const Options& options :
         {Options{{"cache", "concatenated"}}, Options{{"cache", "concatenated"}, {"attention", "eager"}}})
      cases.push_back({formats, "calibram", options});
  return cases;
}

/// And what a run of a dense model can be.
std::vector<BookCase> transformers_cases() {
  std::vector<BookCase> cases;
  const std::pair<const char*, const char*> versions[] = {
      {"4.31.0", "eager"}, {"4.35.2", "eager"}, {"4.38.2", "flash"}, {"4.38.2", "eager"}, {"4.38.2", "sdpa"},
      {"4.42.0", "sdpa"},  {"4.45.0", "eager"}, {"4.46.0", "sdpa"},  {"4.57.0", "flash"}};
  for (const RunFormats& formats : {fp32, fp16, int8_weights})
    for (const auto& [version, attention] : versions)
      cases.push_back({formats, std::string{"transformers@"} + version, {{"attention", attention}}});
  return cases;
}

/// A counted pass without rounding, layers folded and middle steps skipped, as count() does it.
DeviceCount exact_count(const Question& question, const Runtime& runtime) {
  if (runtime.allocator == AllocatorKind::exact) return count(question, runtime).devices.front();
  CountingOps ops{1, Rounding::exact};
  Decoder decoder{question, runtime, ops};
  decoder.load();
  decoder.reserve();
  ops.begin(Phase::reserve);
  ops.begin(Phase::prefill);
  decoder.prefill();
  ops.begin(Phase::first_decode);
  decoder.decode();
  ops.begin(Phase::last_decode);
  decoder.skip_to(workload.prompt + workload.generate - 2);
  decoder.decode();
  return ops.devices().front();
}

std::string text_of(const TermBytes& bytes) {
  std::string text;
  for (std::size_t i = 0; i < term_count; ++i)
    text += std::string{term_names[i]} + " " +
            std::to_string(bytes[Term{static_cast<unsigned char>(i)}].count()) + " ";
  return text;
}

/// Peaks of one stage of a run on the host.
struct StageBooks {
  Phase phase;
  TermBytes requested, rounded;
};

/// Executes every step. Decode steps before the last are all entered as first ones, of which only the first
/// entry is one: the others are there for the highest peak.
std::vector<StageBooks> run_stages(HostRun& run) {
  std::vector<StageBooks> stages;
  const auto enter = [&](Phase phase) {
    stages.push_back({phase, run.memory().requested().at_peak, run.memory().rounded().at_peak});
    run.memory().reset_peak();
  };
  enter(Phase::reserve);
  run.prefill();
  enter(Phase::prefill);
  for (std::int64_t step = 1; step < workload.generate; ++step) {
    run.decode();
    enter(step + 1 < workload.generate ? Phase::first_decode : Phase::last_decode);
  }
  return stages;
}

/// The highest of the stages; the first of equals.
TermBytes highest(const std::vector<StageBooks>& stages, TermBytes StageBooks::*book) {
  return (*std::max_element(stages.begin(), stages.end(),
                            [&](const StageBooks& a, const StageBooks& b) {
                              return (a.*book).total() < (b.*book).total();
                            })).*
         book;
}

void expect_phases(const std::vector<StageBooks>& stages, TermBytes StageBooks::*book,
                   const DeviceCount& counted) {
  for (Phase phase : {Phase::reserve, Phase::prefill, Phase::first_decode, Phase::last_decode}) {
    const auto stage = std::find_if(stages.begin(), stages.end(),
                                    [&](const StageBooks& books) { return books.phase == phase; });
    const auto index = static_cast<std::size_t>(phase);
    EXPECT_EQ(((*stage).*book).total().count(), counted.phase_peaks[index].count()) << phase_names[index];
  }
}

void expect_books(Question question) {
  HostRun run{question};
  const std::vector<StageBooks> stages = run_stages(run);
  const DeviceCount exact = exact_count(question, run.runtime());
  EXPECT_EQ(text_of(highest(stages, &StageBooks::requested)), text_of(exact.at_peak));
  expect_phases(stages, &StageBooks::requested, exact);
  // Counted pages are of 4 KiB; there are machines whose pages are larger.
  if (sysconf(_SC_PAGESIZE) == 4096) {
    question.metric = Metric::rss;
    const DeviceCount pages = count(question, run.runtime()).devices.front();
    // Only totals: several instants of a small model take equally many pages, with other terms.
    EXPECT_EQ(highest(stages, &StageBooks::rounded).total().count(), pages.total.count());
    expect_phases(stages, &StageBooks::rounded, pages);
  }
  run.finish();
  EXPECT_EQ(run.memory().requested().live, TermBytes{});
  EXPECT_EQ(run.memory().rounded().live, TermBytes{});
}

class Books : public testing::TestWithParam<Model> {
 protected:
  static void expect_all(const std::vector<BookCase>& cases) {
    Model model = GetParam();
    model.layers.back().count += 3;  // enough to be folded when counted
    for (const BookCase& book : cases) {
      SCOPED_TRACE(book.runtime + " " + options_text(book.options) + " " +
                   testing::PrintToString(book.formats));
      expect_books(question_about(model, workload, book.formats, book.runtime, book.options));
    }
  }
};

using BooksOfGrowingCaches = Books;
using BooksOfTransformers = Books;

TEST_P(Books, OfARunAreThoseOfTheCount) { expect_all(book_cases()); }
TEST_P(BooksOfGrowingCaches, OfARunAreThoseOfTheCount) { expect_all(concatenated_cases()); }
TEST_P(BooksOfTransformers, OfARunAreThoseOfTheCount) { expect_all(transformers_cases()); }

INSTANTIATE_TEST_SUITE_P(Small, Books, testing::ValuesIn(small_models()), model_name);
INSTANTIATE_TEST_SUITE_P(Small, BooksOfGrowingCaches, testing::ValuesIn(models_with_growing_caches()),
                         model_name);
INSTANTIATE_TEST_SUITE_P(Small, BooksOfTransformers, testing::ValuesIn(dense_models()), model_name);

TermBytes peak_of(const Question& question, std::int64_t layers, bool rounded) {
  const Runtime runtime = resolve_runtime(question.runtime, question.options, "llama");
  HostOps ops{executing_layers(layers, *question.model)};
  Decoder decoder{question, runtime, ops};
  decoder.load();
  decoder.reserve();
  decoder.prefill();
  for (std::int64_t step = 1; step < workload.generate; ++step) decoder.decode();
  return (rounded ? ops.memory().rounded() : ops.memory().requested()).at_peak;
}

TEST(TheFirstAndLastLayerOfEveryKind, HaveTheHighWaterMarkOfAll) {
  for (const RunFormats& formats : {fp16, int8_weights, int8_kv, all_int8})
    for (Model model : small_models()) {
      model.layers.back().count += 3;
      const Question question = question_about(model, workload, formats);
      for (bool rounded : {false, true}) {
        const TermBytes some = peak_of(question, 2, rounded);
        const TermBytes all = peak_of(question, layer_count(model), rounded);
        EXPECT_EQ(text_of(some), text_of(all)) << model.name << " " << testing::PrintToString(formats);
      }
    }
}

}  // namespace
}  // namespace calibram
