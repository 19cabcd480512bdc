// SPDX-License-Identifier: MIT
// Any bytes as a config.json.
#include "src/model/config/config.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace calibram;
  return read_any(data, size, [](std::string_view input) {
    static const MemoryFile file;
    static_cast<void>(read_config(file.write(input)));
  });
}
