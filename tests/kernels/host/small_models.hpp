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

/// Attention over a cache of its own and an MLP in every layer, without what runtimes that hand out new
/// tensors do not know (see validate_countable).
std::vector<Model> dense_models();
/// The others: every other kind of layer.
std::vector<Model> models_of_kinds();
/// Both.
std::vector<Model> small_models();
/// Of both, those whose layers all have a cache of keys and values of their own: such caches can grow.
std::vector<Model> models_with_growing_caches();

/// The formats of a run, and how far its logits may be from those in double precision.
struct RunFormats {
  const char *weights, *kv;
  double tolerance;
};

Question question_about(const Model& model, const Workload& workload, const RunFormats& formats,
                        const std::string& runtime = "calibram", const Options& options = {});

/// Makes the names of tests that are run for every model, or for every model and format.
std::string model_name(const testing::TestParamInfo<Model>& info);
std::string test_name(const testing::TestParamInfo<std::tuple<Model, RunFormats>>& info);

/// For messages: GoogleTest would print bytes.
void PrintTo(const Model& model, std::ostream* out);
void PrintTo(const RunFormats& formats, std::ostream* out);

}  // namespace calibram
