// SPDX-License-Identifier: MIT
// The groups that remedies_for() puts together.
#pragma once

#include "bench/calculator/advice/remedies.hpp"

namespace calibram {

/// Weights in fewer bits, as the runtime loads them.
RemedyGroup smaller_weights(const Question& question);

/// Keys and values in fewer bits.
RemedyGroup smaller_cache(const Question& question);

/// What the engine itself may be told: last-token logits, attention that streams, ways to keep the cache,
/// prompts in pieces, newer versions.
std::vector<RemedyGroup> engine_settings(const Question& question);

/// The same for one engine.
std::vector<RemedyGroup> calibram_settings(const Question& question);
std::vector<RemedyGroup> transformers_settings(const Question& question);
std::vector<RemedyGroup> vllm_settings(const Question& question);
std::vector<RemedyGroup> llama_cpp_settings(const Question& question);

/// Layers on the host.
RemedyGroup offloading(const Question& question);

/// Several cards.
RemedyGroup further_cards(const Question& question, int most_devices);

RemedyGroup fewer_sequences(const Question& question);
RemedyGroup shorter_context(const Question& question);

/// A remedy that sets one option of the runtime.
Remedy option_remedy(std::string name, CostClass cost, std::string key, std::string value,
                     std::string_view series = {});

/// The options but one.
Options without(const Options& options, const std::string& key);

}  // namespace calibram
