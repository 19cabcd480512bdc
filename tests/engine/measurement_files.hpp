// SPDX-License-Identifier: MIT
// Measurement files for tests, written and read at once: their rows, or what is wrong with them.
#pragma once

#include "src/core/error.hpp"
#include "src/engine/measurement.hpp"
#include "tests/support/scratch.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace calibram {

/// The columns that every file has.
inline const std::string fixed_columns =
    "model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,value,resolution,"
    "device,source";

inline std::vector<Measurement> rows_of(const std::string& text) {
  const ScratchFolder folder;
  return read_measurements(folder.write("x.csv", text));
}

inline Measurement row_of(const std::string& row) { return rows_of(fixed_columns + "\n" + row + "\n").at(0); }

/// The message, with the folder's name taken off.
inline std::string error_of(const std::string& text) {
  const std::string error = message_of<InputError>([&] { rows_of(text); });
  return error.substr(std::min(error.find("x.csv"), error.size()));
}

inline std::string row_error(const std::string& row) { return error_of(fixed_columns + "\n" + row + "\n"); }

}  // namespace calibram
