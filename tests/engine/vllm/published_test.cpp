// SPDX-License-Identifier: MIT
// Counting against the start-up logs of vLLM 0.19.0 on an H100, where the published data is there.
#include "src/engine/vllm/kv_cache.hpp"
#include "tests/engine/vllm/vllm_questions.hpp"
#include "tests/support/shared_data.hpp"

#include <gtest/gtest.h>

#include <map>

namespace calibram {
namespace {

std::vector<Measurement> published_rows() {
  const std::filesystem::path file = shared_data() / "vllm_0_19_h100.csv";
  if (!std::filesystem::exists(file)) return {};
  return read_measurements(file);
}

/// What is printed has two decimals of GiB.
void expect_within_resolution(const Measurement& row, Bytes counted) {
  EXPECT_LE(std::abs(counted.count() - *row.value), *row.resolution)
      << row.file << ":" << row.line << " says " << *row.value << ", counted " << counted.count();
}

TEST(VllmPublished, WeightsAndActivationAreWhatTheLogsPrint) {
  const std::vector<Measurement> rows = published_rows();
  if (rows.empty()) GTEST_SKIP() << "no published data";
  int compared = 0;
  for (const Measurement& row : rows) {
    if (row.metric != Metric::weights && row.metric != Metric::activation) continue;
    const TermBytes terms = count_on_vllm(question_of(row)).terms;
    expect_within_resolution(row, row.metric == Metric::weights ? terms[Term::weights] : profile_peak(terms));
    ++compared;
  }
  EXPECT_GE(compared, 32);
}

TEST(VllmPublished, TokensFollowFromTheBytesThatAreLeft) {
  const std::vector<Measurement> rows = published_rows();
  if (rows.empty()) GTEST_SKIP() << "no published data";
  std::map<std::string, const Measurement*> available;  // by log file
  for (const Measurement& row : rows)
    if (row.metric == Metric::kv_available) available[row.source] = &row;
  for (const Measurement& row : rows) {
    if (row.metric != Metric::kv_tokens) continue;
    const Question question = question_of(row);
    const Measurement& left = *available.at(row.source);
    const auto tokens = [&](std::int64_t off) {
      return vllm_cache_room(question, runtime_of(question), Bytes{*left.value + off}).tokens;
    };
    EXPECT_LE(tokens(-*left.resolution), *row.value) << row.source;
    EXPECT_GE(tokens(*left.resolution), *row.value) << row.source;
  }
}

}  // namespace
}  // namespace calibram
