// SPDX-License-Identifier: MIT
// The stages of a measured run, the same on every backend.
#pragma once

#include "src/engine/decoder/decoder.hpp"
#include "src/engine/measurement.hpp"

#include <functional>
#include <string_view>

namespace calibram {

using EndOfStage = std::function<void(std::string_view stage)>;

/// Loads, reserves, prefills and decodes; says after each that weights, kv, prefill, decode are over.
void run_stages(Decoder& decoder, std::int64_t generate, const EndOfStage& end_stage);

/// Runs one layer of the same shape over a few tokens and frees everything: whatever a run needs of code,
/// heap and library kernels is there afterwards. @param vocabulary  at most; the model's own if fewer
void rehearse(const Question& question, const Runtime& runtime, Ops& ops, std::int64_t vocabulary,
              const Workload& workload);

/// Reads the weights back. @throws Error when they are not what was written
void require_intact_weights(Decoder& decoder, std::string_view memory);

/// The question of a row that a backend can run. @throws InputError when it cannot
Question runnable_question(const Measurement& row);

}  // namespace calibram
