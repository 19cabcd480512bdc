// SPDX-License-Identifier: MIT
// vLLM as a runtime: its versions and options.
#pragma once

#include "src/engine/runtime.hpp"

namespace calibram {

RuntimeFamily vllm_family();

/// The settings of a runtime that vllm_family() resolved. @throws std::bad_variant_access for another's
inline const VllmSettings& vllm_settings(const Runtime& runtime) {
  return std::get<VllmSettings>(runtime.settings);
}

}  // namespace calibram
