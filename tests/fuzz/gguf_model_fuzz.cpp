// SPDX-License-Identifier: MIT
// Any bytes as a GGUF header, and the model that it describes.
#include "src/model/gguf/model.hpp"
#include "tests/fuzz/header_fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace calibram;
  return read_any(data, size, [](std::string_view input) {
    ByteReader reader = header_of(input, largest_gguf_header);
    Gguf gguf;
    gguf.metadata = read_gguf_header(reader, gguf.weights);
    const Model model = model_of(gguf, "fuzz");
    static_cast<void>(parameter_count(model));
    static_cast<void>(active_parameter_count(model));
  });
}
