// SPDX-License-Identifier: MIT
// Puts weights, pages and the profile run's peak together, device by device.
#include "src/engine/vllm/count.hpp"

#include "src/core/error.hpp"
#include "src/engine/countable.hpp"
#include "src/engine/vllm/batch_limits.hpp"
#include "src/engine/vllm/card.hpp"
#include "src/engine/vllm/kv_cache.hpp"
#include "src/engine/vllm/profile_run.hpp"
#include "src/engine/vllm/runtime.hpp"
#include "src/engine/vllm/stages.hpp"
#include "src/engine/vllm/weights.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

/// Towers are left out where every kind of input but text is limited to none (vllm/config/multimodal.py,
/// get_limit_per_prompt; model_executor/models/interfaces.py, _mark_tower_model).
void check_towers(const Model& model, const VllmSettings& settings) {
  if (model.uncounted_parts.empty() || settings.language_model_only) return;
  throw InputError{
      fmt::format("{} has {} beside its text part", model.name, model.uncounted_parts),
      "vLLM loads it and profiles its encoder, neither of which is counted here",
      "ask with language_model_only=on, for a server that is started with --language-model-only"};
}

void check_formats(const Question& question) {
  if (!question.weights->has_exact_bytes)
    throw InputError{fmt::format("the bytes of weights={} are not known", question.weights->name),
                     "it mixes types from tensor to tensor", "name a plain format; see \"calibram formats\""};
  const std::string_view kv = question.kv->name;
  if (kv == "fp8") return;
  if (kv != "fp16" && kv != "bf16" && kv != "fp32")
    throw InputError{fmt::format("vLLM has no kv={} cache here", kv),
                     "it keeps 16 bits, 32 with FP32 weights, or FP8", "use bf16, fp16 or fp8"};
  if (plain_width(*question.kv) != activation_bytes(*question.weights))
    throw InputError{fmt::format("kv={} does not go with weights={}", kv, question.weights->name),
                     "vLLM keeps the cache as wide as the activations, or in FP8",
                     "use a kv format as wide as the activations, or fp8"};
}

/// A published start-up log of an FP32 model shows a fifth more activation than the buffers that are known.
void check_activation(const Question& question) {
  if (activation_bytes(*question.weights) != 4) return;
  if (question.metric == Metric::weights || question.metric == Metric::kv_cache) return;
  throw InputError{fmt::format("cannot count the activation of {} in FP32 under vLLM", question.model->name),
                   "not all that its profile run holds then is known",
                   "use bf16 or fp16, or ask --metric weights"};
}

void check_batch(const Question& question, const VllmSettings& settings) {
  const std::int64_t most = vllm_batch_limits(question, settings).sequences;
  if (question.workload.batch <= most) return;
  throw InputError{fmt::format("batch is {}", question.workload.batch),
                   fmt::format("max_num_seqs is {}, and vLLM lets further requests wait", most),
                   fmt::format("ask for at most {}, or give a larger max_num_seqs", most)};
}

DeviceCount count_device(const VllmBlocks& weights, Bytes kv_cache, const VllmBuffers& profile) {
  DeviceCount device;
  device.at_peak = profile.terms();
  device.at_peak[Term::weights] = weights.held;
  device.at_peak[Term::kv_cache] = kv_cache;
  device.total = device.at_peak.total();
  device.requested = weights.requested + kv_cache + profile.requested();
  device.phase = Phase::prefill;
  device.phase_peaks = {weights.held, weights.held + kv_cache, device.total};
  return device;
}

}  // namespace

Count count_vllm(const Question& question, const Runtime& runtime) {
  require_model(question);
  require_positions(*question.model, question.workload.context_tokens());
  check_towers(*question.model, vllm_settings(runtime));
  check_activation(question);
  validate(question.workload);
  check_formats(question);
  check_batch(question, vllm_settings(runtime));
  const std::vector<VllmStage> stages = vllm_stages(question, vllm_settings(runtime));
  const std::vector<Bytes> kv_bytes = vllm_kv_bytes(question, runtime);
  std::vector<DeviceCount> devices;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const VllmBlocks weights = vllm_weight_blocks(stages[i], *question.weights, vllm_card(question));
    devices.push_back(count_device(weights, kv_bytes[i], vllm_profile_peak(question, runtime, stages[i])));
  }
  return sum_of(std::move(devices));
}

}  // namespace calibram
