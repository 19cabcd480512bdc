// SPDX-License-Identifier: MIT
// The names that llama.cpp has for architectures, and which of them get caches of a window's length.
#pragma once

#include <string_view>

namespace calibram::llama_cpp {

/// general.architecture of the file that a model of this `model_type` is converted to; a name that is one
/// already stays. Source: llama.cpp convert_hf_to_gguf.py
std::string_view architecture_of(std::string_view family);

/// Whether layers with a window keep only that. Of others llama.cpp ignores the window.
/// Source: llama.cpp src/llama-model.cpp, swa_type in load_hparams
bool keeps_windows(std::string_view architecture);

}  // namespace calibram::llama_cpp
