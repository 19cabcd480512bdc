// SPDX-License-Identifier: MIT
// calibram check as a person or a pipeline runs it: a real sweep, and the same with drifts planted.
#include "src/engine/measurement.hpp"
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string results = std::string{CALIBRAM_SOURCE_DIR} + "/results/amd-epyc/";

/// The committed sweep of a host, changed row by row.
std::string sweep_with(const std::function<void(Measurement&)>& change) {
  std::string csv = csv_header() + "\n";
  for (Measurement row : read_measurements(results + "2026-11-21.csv")) {
    change(row);
    csv += csv_row(row) + "\n";
  }
  return csv;
}

Outcome check(const Program& program, const std::string& csv, std::vector<std::string> more = {}) {
  program.folder().write("new.csv", csv);
  std::vector<std::string> arguments = {"check", "new.csv", "--profile", results + "profile.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return program.run(arguments);
}

TEST(CheckVerb, TheSweepBehindAProfilePasses) {
  const Program program;
  const Outcome outcome = check(program, sweep_with([](Measurement&) {}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("rss: weights"));
  EXPECT_THAT(outcome.out, HasSubstr("0 of 282 rows are outside"));
  EXPECT_THAT(outcome.out, HasSubstr("0 of 12 terms moved"));
}

TEST(CheckVerb, OnePercentMoreWeightsInAThirdOfTheRowsIsFoundByName) {
  const Program program;
  int number = 0;
  const Outcome outcome = check(program, sweep_with([&](Measurement& row) {
                                  // Of the rows in which a probe's weights are the larger part.
                                  if (row.metric == Metric::rss && ++number % 3 == 0)
                                    *row.value += *row.value / 100;
                                }));
  EXPECT_EQ(outcome.status, 3) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("moved"));
  EXPECT_THAT(outcome.out, HasSubstr("0 of 282 rows are outside")) << "no row alone leaves the tolerance";
}

TEST(CheckVerb, RowsOutsideAreNamedWithTheirPlace) {
  const Program program;
  const std::string csv = sweep_with([](Measurement& row) {
    if (row.line == 3) *row.value += *row.value / 4;
  });
  const Outcome outcome = check(program, csv);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr("new.csv:3"));
  EXPECT_EQ(check(program, csv, {"--json"}).status, 3);
  const auto json = nlohmann::json::parse(check(program, csv, {"--json"}).out);
  EXPECT_FALSE(json["passes"].get<bool>());
  EXPECT_EQ(json["rows"].size(), 282u);
}

TEST(CheckVerb, WhatTheProfileHasNoFitOfIsNamed) {
  const Program program;
  const Outcome outcome = check(program, sweep_with([](Measurement& row) { row.runtime = "vllm@0.19.0"; }));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("there is nothing to check"));
}

TEST(CheckVerb, AToleranceIsAShareOrAPercentage) {
  const Program program;
  const std::string csv = sweep_with([](Measurement&) {});
  EXPECT_EQ(check(program, csv, {"--tolerance", "0.02"}).status, 0);
  const Outcome outcome = check(program, csv, {"--tolerance", "200%"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--tolerance is '200'"));
}

TEST(CheckVerb, AnotherDeviceIsSaid) {
  const Program program;
  const Outcome outcome = check(program, sweep_with([](Measurement& row) { row.device = "another"; }));
  EXPECT_THAT(outcome.err, HasSubstr("was measured on 'another'"));
}

}  // namespace
}  // namespace calibram
