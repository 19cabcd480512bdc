// SPDX-License-Identifier: MIT
// What of an architecture only its name in a GGUF file tells: llama.cpp has the rest in keys and tensors.
#pragma once

#include "src/model/model.hpp"

#include <cstdint>
#include <string_view>

namespace calibram {

/// Which layers see a window of positions, or a chunk, instead of all.
struct WindowPattern {
  std::int64_t period = 0;   ///< every so manieth layer sees everything, the last of each period; 0: all do
  bool dense_first = false;  ///< the first of each period instead
  bool is_chunk = false;
  bool key_required = false;
  std::int64_t size = 0;        ///< taken without the key; 0: no layer has a window then
  std::int64_t fixed_size = 0;  ///< the size whatever the key says, unless it says 0; 0: the key's
  std::int64_t depth = 0;       ///< models with another number of layers have no windows; 0: all may
};

/// Which layers rotate queries and keys.
enum class RotaryLayers : unsigned char {
  all,
  none,
  windowed,          ///< those with a window, where any has one
  three_of_four,     ///< not every fourth
  unless_long_chunk  ///< not every fourth where layers see chunks, else all (Llama 4)
};

struct GgufArchitecture {
  std::string_view name;  ///< `general.architecture`
  Norm norm = Norm::rms;
  Activation activation = Activation::silu;
  bool norm_weight = true;
  Positions positions = Positions::rotary;
  RotaryLayers rotary = RotaryLayers::all;
  WindowPattern window = {};
  bool output_gate = false;          ///< the query projection gives a gate too
  bool residual_key = false;         ///< `use_parallel_residual` decides
  bool rotary_switch = false;        ///< `rope.scaling.finetuned` = false turns rotation off
  bool experts_share_width = false;  ///< without a width of their own the active ones share the MLP's
  std::int64_t unrotated_depth = 0;  ///< a model of this many layers has distance biases instead of rotation
  std::int64_t unweighted_norm_but = 0;  ///< queries and keys are normed unless there are so many experts
  std::int64_t layers_with_cache = 0;    ///< only the first so many, where no key says how many share
};

/// @throws InputError for an architecture that is not described here, with the nearest ones
const GgufArchitecture& gguf_architecture(std::string_view name, std::string_view file);

/// Whether a layer sees a window only. @param period  of the pattern; 0: every layer does
bool is_windowed(const WindowPattern& pattern, std::int64_t period, std::int64_t layer);

}  // namespace calibram
