// SPDX-License-Identifier: MIT
// llama.cpp's buffers against its own account of them, to the byte.
#include "src/engine/count.hpp"
#include "src/engine/measurement.hpp"
#include "src/model/library.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

#include <map>

namespace calibram {
namespace {

TEST(LlamaCppPublished, EveryBufferIsMetToTheByte) {
  const std::filesystem::path file = shared_data() / "llamacpp_cpu.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no published measurements at " << file;
  const std::map<Metric, Term> terms = {{Metric::weights, Term::weights},
                                        {Metric::kv_cache, Term::kv_cache},
                                        {Metric::compute, Term::activation}};
  ModelLibrary models;
  std::map<Metric, int> rows;
  for (const Measurement& row : read_measurements(file)) {
    const Question question = question_of(row, models);
    const Count counted = count(question, runtime_of(question));
    EXPECT_EQ(counted.terms[terms.at(row.metric)], Bytes{row.value.value()})
        << row.model << ", line " << row.line;
    ++rows[row.metric];
  }
  for (const auto& [metric, term] : terms) EXPECT_EQ(rows[metric], 819) << name_of(metric);
}

}  // namespace
}  // namespace calibram
