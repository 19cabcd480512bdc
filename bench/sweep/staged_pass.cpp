// SPDX-License-Identifier: MIT
// Drives a decoder through its stages.
#include "bench/sweep/staged_pass.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"
#include "src/engine/count.hpp"
#include "src/engine/decoder/executable.hpp"

#include <algorithm>
#include <memory>

namespace calibram {

void run_stages(Decoder& decoder, std::int64_t generate, const EndOfStage& end_stage) {
  decoder.load();
  end_stage("weights");
  decoder.reserve();
  end_stage("kv");
  decoder.prefill();
  end_stage("prefill");
  for (std::int64_t step = 1; step < generate; ++step) decoder.decode();
  end_stage("decode");
}

namespace {

/// One layer of each kind, with few experts and few tokens: what every kernel of the model is reached by.
Model small_version(const Model& model, std::int64_t vocabulary) {
  constexpr std::int64_t few_experts = 16;
  Model small = model;
  small.layers.clear();
  for (const LayerKind& kind : layer_kinds(model)) {
    small.layers.push_back({*kind.layer, 1});
    if (auto* experts = std::get_if<Experts>(&small.layers.back().layer.feed_forward))
      experts->count = std::min(experts->count, std::max(experts->active, few_experts));
  }
  small.vocabulary = std::min(small.vocabulary, vocabulary);
  small.layer_embedding_vocabulary = std::min(small.layer_embedding_vocabulary, vocabulary);
  return small;
}

}  // namespace

void rehearse(const Question& question, const Runtime& runtime, Ops& ops, std::int64_t vocabulary,
              const Workload& workload) {
  Question tiny = question;
  tiny.model = std::make_shared<Model>(small_version(*question.model, vocabulary));
  tiny.workload = workload;
  Decoder decoder{tiny, runtime, ops};
  run_stages(decoder, workload.generate, [](std::string_view) {});
  decoder.finish();
}

void require_intact_weights(Decoder& decoder, std::string_view memory) {
  if (decoder.holds_weights()) return;
  throw Error{"the weights read back are not what was written",
              "memory of " + std::string{memory} + " is not reliable", ""};
}

Question runnable_question(const Measurement& row) {
  Question question = question_of(row);
  if (!question.model)
    throw InputError{"cannot run " + in_quotes(row.model), "a size has no layers", "name a model"};
  validate_executable(question, runtime_of(question));
  return question;
}

}  // namespace calibram
