// SPDX-License-Identifier: MIT
// What each device of a vLLM run holds: a slice of every matrix, or a stage of layers.
#pragma once

#include "src/engine/question.hpp"

#include <vector>

namespace calibram {

struct VllmStage {
  /// The part: its layers, and what lies outside of them, of which is_first and is_last tell what is held.
  /// Its vocabulary is the number of rows that the device's tables have, padding included.
  Model model;
  bool is_first = true;
  bool is_last = true;
  std::int64_t first_layer = 0;  ///< of the whole model
};

/// The parts, one for each device. @throws InputError where the model cannot be split so
std::vector<VllmStage> vllm_stages(const Question& question, const VllmSettings& settings);

/// How many layers each of `stages` holds. Source: vllm/distributed/utils.py, get_pp_indices: what is left
/// over goes to the stages before the last one, from the back.
std::vector<std::int64_t> vllm_stage_layers(std::int64_t layers, int stages);

}  // namespace calibram
