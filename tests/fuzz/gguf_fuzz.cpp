// SPDX-License-Identifier: MIT
// Any bytes as a GGUF header.
#include "src/model/gguf/gguf.hpp"
#include "tests/fuzz/header_fuzz.hpp"

namespace calibram {
namespace {

/// Every accessor, each of which may refuse the value that is there.
void ask(const GgufMetadata& metadata, const char* key) {
  const auto asked = [&](auto accessor) {
    try {
      static_cast<void>((metadata.*accessor)(key));
    } catch (const InputError&) {  // a value of another type
    }
  };
  asked(&GgufMetadata::integer);
  asked(&GgufMetadata::integers);
  asked(&GgufMetadata::number);
  asked(&GgufMetadata::boolean);
  asked(&GgufMetadata::text);
  asked(&GgufMetadata::length);
}

}  // namespace
}  // namespace calibram

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace calibram;
  return read_any(data, size, [](std::string_view input) {
    ByteReader reader = header_of(input, largest_gguf_header);
    StoredWeights weights;
    const GgufMetadata metadata = read_gguf_header(reader, weights);
    use(weights);
    for (const char* key : {"k", "general.architecture", "llama.block_count", "tokenizer.ggml.tokens"})
      ask(metadata, key);
  });
}
