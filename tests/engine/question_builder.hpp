// SPDX-License-Identifier: MIT
// Builds questions for tests in one line.
#pragma once

#include "src/engine/measurement.hpp"

namespace calibram {

/// The question that a row of a measurements file would ask.
inline Question ask(const std::string& model, const std::string& runtime, Workload workload,
                    const std::string& formats = "fp16", const Options& options = {}) {
  Measurement row;
  row.model = model;
  row.runtime = runtime;
  row.weights = formats;
  row.kv = formats;
  row.workload = workload;
  row.options = options;
  return question_of(row);
}

}  // namespace calibram
