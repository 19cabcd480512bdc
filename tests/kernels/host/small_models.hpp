// SPDX-License-Identifier: MIT
// Models of a few kilobytes that between them have every part that a layer can have.
#pragma once

#include "src/engine/question.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace calibram {

// Odd sizes, a few layers, and constants large enough that a wrong one shows; windows and chunks that are
// shorter than the contexts of tests.

/// Attention over a cache and an MLP in every layer: what runtimes with concatenated caches take.
std::vector<Model> dense_models();
/// The other kinds of layers.
std::vector<Model> models_of_kinds();
/// Both.
std::vector<Model> small_models();

/// The formats of a run, and how far its logits may be from those in double precision.
struct RunFormats {
  const char *weights, *kv;
  double tolerance;
};

Question question_about(const Model& model, const Workload& workload, const RunFormats& formats,
                        const std::string& runtime = "calibram", const Options& options = {});

/// Makes the names of tests that are run for every model and format.
std::string test_name(const testing::TestParamInfo<std::tuple<Model, RunFormats>>& info);

/// For messages: GoogleTest would print bytes.
void PrintTo(const Model& model, std::ostream* out);
void PrintTo(const RunFormats& formats, std::ostream* out);

}  // namespace calibram
