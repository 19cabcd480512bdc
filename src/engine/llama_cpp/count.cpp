// SPDX-License-Identifier: MIT
// Puts the buffers together.
#include "src/engine/llama_cpp/count.hpp"

#include "src/core/error.hpp"
#include "src/engine/llama_cpp/checks.hpp"
#include "src/engine/llama_cpp/compute_buffer.hpp"
#include "src/engine/llama_cpp/placement.hpp"

#include <algorithm>

namespace calibram::llama_cpp {
namespace {

/// The host's buffer of what is read back: rows of logits, and of hidden states where those are wanted.
/// Source: llama.cpp src/llama-context.cpp, output_reserve
Bytes output_bytes(const Model& model, const LlamaCppSettings& settings, const ContextSizes& sizes) {
  const std::int64_t rows = std::max(settings.parallel, settings.logits_all ? sizes.n_batch : 1);
  const std::int64_t width = checked_sum(model.vocabulary, settings.embeddings ? model.hidden_size : 0);
  return Bytes{checked_product({rows, width, 4})};
}

void finish(DeviceCount& device) {
  device.total = device.requested = device.at_peak.total();
  device.phase = Phase::reserve;
  device.phase_peaks[static_cast<std::size_t>(Phase::load)] = device.at_peak[Term::weights];
  // All buffers are there before the first token, and none grows.
  for (std::size_t phase = static_cast<std::size_t>(Phase::reserve); phase < phase_count; ++phase)
    device.phase_peaks[phase] = device.total;
}

}  // namespace

Count count(const Question& question, const Runtime& runtime) {
  const auto& settings = std::get<LlamaCppSettings>(runtime.settings);
  check(question, runtime, settings);
  const ContextSizes sizes = context_sizes(settings, asked_context(question, settings));
  const Placement placement = place(*question.model, settings, question.devices);
  std::vector<DeviceCount> devices(placement.devices());
  const std::vector<Bytes> weights = weights_by_device(question, placement);
  const std::vector<Bytes> cache = cache_by_device(question, settings, sizes, placement);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    devices[i].at_peak[Term::weights] = weights[i];
    devices[i].at_peak[Term::kv_cache] = cache[i];
    devices[i].is_host = placement.has_cards && i == placement.host;
  }
  if (question.metric != Metric::weights && question.metric != Metric::kv_cache) {
    const std::vector<Bytes> compute = compute_buffers(question, runtime, settings, sizes, placement);
    for (std::size_t i = 0; i < compute.size(); ++i) devices[i].at_peak[Term::activation] = compute[i];
    devices[placement.host].at_peak[Term::logits] = output_bytes(*question.model, settings, sizes);
  }
  for (DeviceCount& device : devices) finish(device);
  return sum_of(std::move(devices));
}

}  // namespace calibram::llama_cpp
