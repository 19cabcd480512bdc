// SPDX-License-Identifier: MIT
// Any bytes as a safetensors header.
#include "src/model/safetensors/safetensors.hpp"
#include "tests/fuzz/header_fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace calibram;
  return read_any(data, size, [](std::string_view input) {
    ByteReader reader = header_of(input, largest_safetensors_header);
    StoredWeights weights;
    read_safetensors_header(reader, weights);
    use(weights);
  });
}
