// SPDX-License-Identifier: MIT
// Splits a model over the devices of a vLLM run.
#include "src/engine/vllm/stages.hpp"

#include "src/core/error.hpp"
#include "src/model/shard.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

/// VocabParallelEmbedding pads its table, and ParallelLMHead with it.
Model with_padded_vocabulary(Model model) {
  model.vocabulary = round_up(model.vocabulary, vocabulary_multiple);
  model.layer_embedding_vocabulary = round_up(model.layer_embedding_vocabulary, vocabulary_multiple);
  return model;
}

std::vector<VllmStage> tensor_slices(const Question& question, const VllmSettings& settings) {
  const ExpertSplit experts = settings.expert_parallel ? ExpertSplit::expert : ExpertSplit::tensor;
  std::vector<VllmStage> slices;
  for (int rank = 0; rank < question.devices; ++rank)
    slices.push_back({shard(*question.model, question.devices, rank, experts)});
  return slices;
}

std::vector<VllmStage> layer_stages(const Question& question) {
  const Model model = with_padded_vocabulary(*question.model);
  const std::int64_t layers = layer_count(model);
  if (question.devices > layers)
    throw InputError{fmt::format("cannot split {} layers over {} devices", layers, question.devices),
                     "a device would hold no layer", fmt::format("use at most {} devices", layers)};
  std::vector<VllmStage> stages;
  std::int64_t first = 0;
  for (const std::int64_t count : vllm_stage_layers(layers, question.devices)) {
    stages.push_back({layers_of(model, first, count), first == 0, first + count == layers, first});
    first += count;
  }
  return stages;
}

}  // namespace

std::vector<std::int64_t> vllm_stage_layers(std::int64_t layers, int stages) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(stages), layers / stages);
  const std::int64_t left = layers % stages;
  for (std::int64_t i = 0; i < left; ++i) ++counts[counts.size() - 2 - static_cast<std::size_t>(i)];
  return counts;
}

std::vector<VllmStage> vllm_stages(const Question& question, const VllmSettings& settings) {
  if (question.devices == 1) return {{with_padded_vocabulary(*question.model)}};
  return question.split == Split::tensor ? tensor_slices(question, settings) : layer_stages(question);
}

}  // namespace calibram
