// SPDX-License-Identifier: MIT
// Whole forward passes on a card: the host's logits, the count's bytes, and nothing left at the end.
#include "kernels/cuda/cuda_check.hpp"
#include "kernels/routes.hpp"
#include "kernels/tensors.hpp"
#include "src/engine/counting_ops.hpp"
#include "tests/kernels/cuda/cuda_test.hpp"
#include "tests/kernels/host/host_run.hpp"
#include "tests/kernels/host/small_models.hpp"
#include "tests/support/layers.hpp"

namespace calibram {
namespace {

constexpr Workload workload{.batch = 2, .prompt = 7, .generate = 4, .context = 12};

// Host and card round to the same formats, but sum in another order: where activations or cache entries are
// quantised, a last bit tips some of them over to the next of 127 steps (decoder_pass_test.cpp).
constexpr RunFormats formats[] = {{"fp32", "fp32", 1e-4}, {"fp16", "fp16", 1e-2}, {"int8", "fp16", 6e-2},
                                  {"fp32", "int8", 3e-3}, {"fp16", "int8", 6e-2}, {"int8", "int8", 6e-2}};

/// Goes on with the tokens of another run, and sends them to the experts that it sent them to: where two are
/// almost equally likely, rounding decides.
class FollowingCudaOps : public CudaOps {
 public:
  FollowingCudaOps(Gemm& gemm, const ExecutionOptions& options) : CudaOps{gemm, nullptr, options} {}

  void sample(const Tensor& logits, Tensor& tokens) override {
    CudaOps::sample(logits, tokens);
    dictate(next, tokens);
  }

  void route(const Tensor& scores, const Tensor& bias, Routes& routes) override {
    CudaOps::route(scores, bias, routes);
    Tokens experts;
    const std::int64_t tokens = scores.rows / static_cast<std::int64_t>(choices.size());
    for (const Choices& of_sequence : choices) {
      const std::vector<Tokens>& chosen = of_sequence[mixture_];
      for (auto token = chosen.end() - tokens; token != chosen.end(); ++token)
        experts.insert(experts.end(), token->begin(), token->end());
    }
    mixture_ = (mixture_ + 1) % choices.front().size();
    sort_by_expert(experts.data(), element_count(routes.places), scores.columns, routes.starts);
    dictate(experts, routes.places);
  }

  Tokens next;
  std::vector<Choices> choices;  ///< of every sequence, to the end of the step

 private:
  static void dictate(const Tokens& numbers, const Tensor& tensor) {
    ASSERT_EQ(static_cast<std::int64_t>(numbers.size()), element_count(tensor));
    cuda_check(
        cudaMemcpy(tensor.data, numbers.data(), numbers.size() * sizeof numbers[0], cudaMemcpyHostToDevice),
        "dictate numbers");
  }

  std::size_t mixture_ = 0;
};

/// The same steps on the host and on the card.
class PassOnCard : public CudaTest {
 protected:
  struct CardRun {
    CardRun(const HostRun& host, Gemm& gemm)
        : ops{gemm, {.poisoned = true}}, decoder{host.question(), host.runtime(), ops} {}

    FollowingCudaOps ops;
    Decoder decoder;
  };

  void expect_same_run(const Question& question, double tolerance) {
    HostRun host{question};
    CardRun card{host, gemm};
    card.decoder.load();
    EXPECT_TRUE(card.decoder.holds_weights());
    copy_uneven(host.decoder(), card.decoder, layer_count(*question.model));
    card.decoder.reserve();
    for (std::int64_t step = 0; step < workload.generate; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      step == 0 ? host.prefill() : host.decode();
      card.ops.next = host.next_tokens();
      card.ops.choices.clear();
      for (std::size_t s = 0; s < static_cast<std::size_t>(workload.batch); ++s)
        card.ops.choices.push_back(host.choices(s));
      step == 0 ? card.decoder.prefill() : card.decoder.decode();
      ASSERT_NO_FATAL_FAILURE(
          expect_close(read(back(card.decoder.logits())), read(host.decoder().logits()), tolerance));
    }
    EXPECT_EQ(card.ops.memory().requested().at_peak, host.memory().requested().at_peak);
    EXPECT_EQ(card.ops.memory().requested().at_peak, counted(question, host.runtime()));
    card.decoder.finish();
    EXPECT_EQ(card.ops.memory().held(), Bytes{});
    EXPECT_EQ(card.ops.memory().requested().live, TermBytes{});
  }

 private:
  /// HostRun makes what is alike at first uneven: norm weights and scales.
  static void copy_uneven(const Decoder& host, const Decoder& card, std::int64_t layers) {
    const auto copy = [](const Tensor& from, const Tensor& to) {
      if (from.empty()) return;
      cuda_check(cudaMemcpy(to.data, from.data, static_cast<std::size_t>(from.bytes().count()),
                            cudaMemcpyHostToDevice),
                 "copy a weight");
    };
    const auto copy_set = [&](const WeightSet& from, const WeightSet& to) {
      for (std::size_t i = 0; i < weight_name_count; ++i) {
        const auto name = static_cast<WeightName>(i);
        copy(from[name].scales, to[name].scales);
        if (from[name].values.rows == 1) copy(from[name].values, to[name].values);
      }
    };
    copy_set(host.outer_weights(), card.outer_weights());
    for (std::int64_t layer = 0; layer < layers; ++layer)
      copy_set(host.layer_state(layer).weights, card.layer_state(layer).weights);
  }

  /// The peak of a pass that is only counted.
  static TermBytes counted(const Question& question, const Runtime& runtime) {
    CountingOps counting{1, Rounding::exact};
    Decoder decoder{question, runtime, counting};
    decoder.load();
    decoder.reserve();
    decoder.prefill();
    for (std::int64_t step = 1; step < workload.generate; ++step) decoder.decode();
    return counting.devices().front().at_peak;
  }
};

class ReservedOnCard : public PassOnCard,
                       public testing::WithParamInterface<std::tuple<Model, RunFormats>> {};

TEST_P(ReservedOnCard, GivesTheHostsLogitsInTheCountsBytes) {
  const auto& [model, run_formats] = GetParam();
  expect_same_run(question_about(model, workload, run_formats), run_formats.tolerance);
}

INSTANTIATE_TEST_SUITE_P(Small, ReservedOnCard,
                         testing::Combine(testing::ValuesIn(small_models()), testing::ValuesIn(formats)),
                         test_name);

struct RuntimeCase {
  const char* name;
  Options options;
  bool takes_int8_cache;
};

class RuntimeOnCard : public PassOnCard, public testing::WithParamInterface<Model> {};

TEST_P(RuntimeOnCard, GivesTheHostsLogitsInTheCountsBytes) {
  const RuntimeCase runtimes[] = {
      {"calibram", {{"cache", "paged"}}, true},
      {"calibram", {{"cache", "paged"}, {"attention", "eager"}}, true},
      {"calibram", {{"cache", "concatenated"}}, false},
      {"calibram", {{"attention", "eager"}, {"logits", "all"}}, true},
      {"transformers@4.38.2", {{"attention", "flash"}}, false},
      {"transformers@4.38.2", {{"attention", "eager"}}, false},
  };
  for (const RuntimeCase& runtime : runtimes)
    for (const RunFormats& run_formats : {formats[1], runtime.takes_int8_cache ? formats[5] : formats[2]}) {
      SCOPED_TRACE(std::string{runtime.name} + " " + options_text(runtime.options) + " " +
                   testing::PrintToString(run_formats));
      expect_same_run(question_about(GetParam(), workload, run_formats, runtime.name, runtime.options),
                      run_formats.tolerance);
    }
}

/// One with biases, and one whose heads share keys and are normed.
std::vector<Model> two_models() {
  std::vector<Model> models;
  for (const Model& model : small_models())
    if (model.name == "qwen3" || model.name == "phi") models.push_back(model);
  return models;
}

INSTANTIATE_TEST_SUITE_P(Small, RuntimeOnCard, testing::ValuesIn(two_models()),
                         [](const auto& run) { return run.param.name; });

class LayersOnCard : public CudaTest {
 protected:
  /// The highest total of pages that a whole run holds.
  Bytes held_at_peak(const Question& question, std::int64_t layers) {
    const Runtime runtime = resolve_runtime(question.runtime, question.options, "llama");
    CudaOps pass{gemm, nullptr, executing_layers(layers, *question.model)};
    Decoder decoder{question, runtime, pass};
    decoder.load();
    decoder.reserve();
    decoder.prefill();
    for (std::int64_t step = 1; step < question.workload.generate; ++step) decoder.decode();
    EXPECT_EQ(pass.memory().read_peak().rounded, pass.memory().held_at_peak());
    return pass.memory().held_at_peak();
  }
};

/// Tensors beyond 64 KiB, so that every layer's cache is pages of its own.
Model wide_model() {
  Model model = small_models().front();
  model.hidden_size = 96;
  model.layers.front().count = 4;
  Attention& attention = attention_in(model.layers.front().layer);
  attention.heads = attention.kv_heads = 4;
  attention.head_size = attention.rotary_size = 32;
  model.max_positions = 1024;
  return model;
}

TEST_F(LayersOnCard, TwoOfThemHoldAtMostWhatAllDo) {
  const Workload long_run{.batch = 1, .prompt = 40, .generate = 3, .context = 600};
  const Model model = wide_model();
  for (const char* cache : {"reserved", "paged"})
    for (const RunFormats& run_formats : {formats[1], formats[5]}) {
      const Question question = question_about(model, long_run, run_formats, "calibram", {{"cache", cache}});
      const Bytes all = held_at_peak(question, layer_count(*question.model));
      EXPECT_EQ(held_at_peak(question, 2), all) << cache << " " << run_formats.kv;
      EXPECT_GT(all, Bytes{device_page_bytes} * 8);  // keys and values of four layers at least
    }
}

}  // namespace
}  // namespace calibram
