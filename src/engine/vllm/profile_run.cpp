// SPDX-License-Identifier: MIT
// The two phases of vLLM's profile run (gpu_model_runner.py, profile_run).
#include "src/engine/vllm/profile_run.hpp"

#include "src/engine/vllm/batch_limits.hpp"
#include "src/engine/vllm/card.hpp"
#include "src/engine/vllm/layer_peaks.hpp"
#include "src/engine/vllm/runtime.hpp"
#include "src/engine/vllm/sampler.hpp"

#include <algorithm>

namespace calibram {
namespace {

/// Keys and values of a context that latent attention expands at once.
/// Source: vllm/model_executor/layers/attention/mla_attention.py, determine_chunked_prefill_workspace_size
std::int64_t latent_context_tokens(const Question& question, const VllmSettings& settings,
                                   const VllmBatchLimits& limits) {
  constexpr std::int64_t most_tokens = 64 << 10;
  const std::int64_t pages = checked_product({limits.sequences, settings.block_tokens});
  const std::int64_t wanted =
      std::max(checked_product({8, vllm_max_model_len(question)}), checked_product({4, pages}));
  return std::max(std::min(wanted, most_tokens), pages);
}

class ProfileRun {
 public:
  ProfileRun(const Question& question, const Runtime& runtime, const VllmStage& stage)
      : question_{question},
        stage_{stage},
        settings_{vllm_settings(runtime)},
        limits_{vllm_batch_limits(question, settings_)},
        card_{vllm_card(question)} {}

  VllmBuffers peak() const { return stage_.is_last ? larger(forward(), sampling()) : forward(); }

 private:
  VllmStep step() const {
    return {.model = stage_.model,
            .weights = *question_.weights,
            .gpu = card_,
            .tokens = limits_.tokens,
            .compiles = settings_.compiles,
            .latent_context_tokens = latent_context_tokens(question_, settings_, limits_),
            .element_bytes = activation_bytes(*question_.weights)};
  }

  /// What stays from its first use on: cuBLAS's workspace, that of the experts, and on stages that are not
  /// the first the hidden states and residual that they are given.
  VllmBuffers lasting() const {
    VllmBuffers buffers;
    buffers.hold(Term::workspace, torch_gemm_workspace(card_.name));
    Bytes experts;
    for (const LayerRun& run : stage_.model.layers)
      experts = std::max(experts, vllm_expert_workspace(step(), run.layer));
    if (experts > Bytes{}) buffers.hold(Term::workspace, experts);
    if (!stage_.is_first)
      for (int i = 0; i < 2; ++i) hold_hidden_states(buffers, limits_.tokens);
    return buffers;
  }

  void hold_hidden_states(VllmBuffers& buffers, std::int64_t rows) const {
    buffers.hold(Term::activation, {rows, stage_.model.hidden_size, step().element_bytes});
  }

  VllmBuffers forward() const {
    VllmBuffers highest;
    for (const LayerRun& run : stage_.model.layers)
      highest = larger(highest, vllm_layer_peak(step(), run.layer));
    return lasting() + highest;
  }

  /// The hidden states of all tokens, those of each sequence's last one, and the random ones in their place
  /// (_dummy_sampler_run); then the sampler's own.
  VllmBuffers sampling() const {
    const std::int64_t rows = std::min(limits_.tokens, limits_.sequences);
    VllmBuffers buffers = lasting();
    for (const std::int64_t count : {limits_.tokens, rows, rows}) hold_hidden_states(buffers, count);
    const Model& whole = *question_.model;
    const bool is_sliced = question_.split == Split::tensor;
    const std::int64_t padded =
        is_sliced ? stage_.model.vocabulary * question_.devices : stage_.model.vocabulary;
    hold_sampler({rows, whole.vocabulary, padded, step().element_bytes, caps_logits(whole)}, card_, buffers);
    return buffers;
  }

  const Question& question_;
  const VllmStage& stage_;
  const VllmSettings& settings_;
  VllmBatchLimits limits_;
  const Chip& card_;
};

}  // namespace

VllmBuffers vllm_profile_peak(const Question& question, const Runtime& runtime, const VllmStage& stage) {
  return ProfileRun{question, runtime, stage}.peak();
}

}  // namespace calibram
