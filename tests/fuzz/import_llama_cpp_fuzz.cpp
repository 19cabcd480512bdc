// SPDX-License-Identifier: MIT
// Any bytes as what `calibram import` reads of llama.cpp.
#include "tests/fuzz/import_fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return calibram::import_any(calibram::LogKind::llama_cpp, data, size);
}
