// SPDX-License-Identifier: MIT
// Any bytes as what `calibram import` reads of vLLM.
#include "bench/import/import.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace calibram;
  return read_any(data, size, [](std::string_view input) {
    static const Supplied supplied = [] {
      Supplied all;
      all.row.model = "qwen2-0.5b";
      all.row.runtime = "transformers@4.46.0";
      all.given = {"model", "runtime", "prompt"};
      return all;
    }();
    for (const Measurement& row : import_text(LogKind::vllm, input, "log", supplied).rows)
      static_cast<void>(csv_row(row));
  });
}
