// SPDX-License-Identifier: MIT
// Any bytes as what `calibram import` reads, and the rows that come of it.
#pragma once

#include "bench/import/import.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace calibram {

/// What lets rows come of a log that states nothing.
inline Supplied supplied_by_a_user() {
  Supplied all;
  all.row.model = "qwen2-0.5b";
  all.row.runtime = "transformers@4.46.0";
  all.given = {"model", "runtime", "prompt"};
  return all;
}

inline int import_any(LogKind kind, const std::uint8_t* data, std::size_t size) {
  return read_any(data, size, [kind](std::string_view input) {
    static const Supplied supplied = supplied_by_a_user();
    for (const Measurement& row : import_text(kind, input, "log", supplied).rows)
      static_cast<void>(csv_row(row));
  });
}

}  // namespace calibram
