// SPDX-License-Identifier: MIT
// Metrics that are put together from others: what an engine's memory budget leaves for its KV cache.
#pragma once

#include "fit/estimator.hpp"
#include "fit/prediction.hpp"

#include <functional>
#include <span>
#include <variant>

namespace calibram {

/// What a part of the run takes, in another metric than the one that is asked for.
using PredictPart = std::function<std::variant<Prediction, Unanswered>(Metric)>;

/// The metrics that a composed one is made of, beside the counted cache.
std::span<const Metric> composed_of(Metric metric);

/// kv_available = utilisation * device_bytes - weights - activation - other, and kv_tokens by the pages of
/// that room (vLLM: vllm/v1/worker/gpu_worker.py, determine_available_memory). The deviations of the parts
/// add up as independent ones; the parts' fewest degrees of freedom count.
/// @param device_bytes  of the card, where the question's options do not say; 0: not known
/// @throws InputError when nothing is left, or not enough for one sequence
Answer compose_cache(const Question& question, const PredictPart& predict_part, Bytes device_bytes);

/// What an engine with a memory budget needs of a card for the workload's own cache: weights, activation,
/// KV cache and other, and the context and CUDA graphs, which lie outside the budget; the two of these that
/// the profile has not are named in the estimate's caution.
Answer compose_device(const Question& question, const PredictPart& predict_part);

}  // namespace calibram
