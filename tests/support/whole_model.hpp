// SPDX-License-Identifier: MIT
// The description of a written GGUF model, which must leave none of its tensors out.
#pragma once

#include "tests/support/gguf_models.hpp"

#include <gtest/gtest.h>

namespace calibram {

inline Model whole_model(const GgufModelWriter& writer) {
  const Gguf gguf = writer.read();
  Model model = model_of(gguf, "x");
  EXPECT_EQ(parameter_count(model), total_elements(gguf.weights));
  return model;
}

}  // namespace calibram
