// SPDX-License-Identifier: MIT
// Any bytes as the index of safetensors files, none of which is there.
#include "src/model/safetensors/safetensors.hpp"
#include "tests/fuzz/header_fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace calibram;
  return read_any(data, size, [](std::string_view input) {
    ByteReader reader{input, Bytes{static_cast<std::int64_t>(input.size())}, "/nowhere/fuzz",
                      largest_safetensors_header};
    use(read_safetensors_index(reader));
  });
}
