// SPDX-License-Identifier: MIT
// calibram check as a person or a pipeline runs it: a real sweep, and the same with drifts planted.
#include "fit/observations.hpp"
#include "src/engine/measurement.hpp"
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <random>
#include <utility>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string results = std::string{CALIBRAM_SOURCE_DIR} + "/results/amd-epyc/";

/// The committed sweep of a host, changed row by row.
std::string sweep_with(const std::function<void(Measurement&)>& change) {
  std::string csv = csv_header() + "\n";
  for (Measurement row : read_measurements(results + "2026-11-22-3399611.csv")) {
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
  EXPECT_THAT(outcome.out, HasSubstr("calibram rss        weights"));
  EXPECT_THAT(outcome.out, HasSubstr("0 of 282 rows are outside"));
  EXPECT_THAT(outcome.out, HasSubstr("0 of 12 terms moved"));
}

// Its rows are rounded to 10 MiB and more, which is most of what they scatter by.
TEST(CheckVerb, TheLogsBehindAnEnginesProfilePass) {
  const std::string published = std::string{CALIBRAM_SOURCE_DIR} + "/results/published/vllm_0_19_h100";
  const Outcome outcome = Program{}.run({"check", published + ".csv", "--profile", published + ".json"});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
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
  EXPECT_EQ(json["references"]["profile"]["rows"], 282);
  ASSERT_EQ(json["rows"].size(), 1u) << "those that are outside";
  EXPECT_EQ(json["rows"][0]["line"], 3);
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

TEST(CheckVerb, AProfileOfAnotherDeviceIsSaid) {
  const Program program;
  const Outcome outcome = check(program, sweep_with([](Measurement& row) { row.device = "another"; }));
  EXPECT_THAT(outcome.err, HasSubstr("was measured on 'another'"));
}

/// Rows of large models as theory counts them, with shares of two terms on top.
std::string large_rows(double more_weights, double more_cache, unsigned seed) {
  std::string csv = csv_header() + "\n";
  std::mt19937_64 generator{seed};
  std::normal_distribution<double> noise{0, 20e6};
  for (const char* model : {"qwen2-72b", "qwen2.5-32b", "qwen1.5-32b", "llama-2-70b", "qwen3-32b"})
    for (const int context : {4096, 16384, 32768})
      for (const int batch : {1, 8, 32}) {
        Measurement row;
        row.model = model, row.weights = row.kv = "fp16", row.device = "card";
        row.metric = Metric::device;
        row.workload = {batch, context - 16, 16, {}};
        row.value = 1;
        const TermBytes terms = observations_of({row}).groups.front().observations.front().terms;
        row.value = terms.total().count() +
                    std::llround(500e6 + noise(generator) +
                                 more_weights * static_cast<double>(terms[Term::weights].count()) +
                                 more_cache * static_cast<double>(terms[Term::kv_cache].count()));
        csv += csv_row(row) + "\n";
      }
  return csv;
}

TEST(CheckVerb, ErrorsOfTwoTermsThatCancelFailThoughNoTotalIsOutside) {
  const Program program;
  program.folder().write("old.csv", large_rows(0, 0, 1));
  program.folder().write("new.csv", large_rows(0.28, -0.305, 2));
  ASSERT_EQ(program.run({"fit", "old.csv", "-o", "p.json"}).status, 0);
  // So wide a tolerance that every total looks right.
  const Outcome outcome = program.run(
      {"check", "new.csv", "--profile", "p.json", "--baseline", "old.csv", "--tolerance", "40%", "--json"});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["rows"].size(), 0u);
  std::map<std::pair<std::string, std::string>, double> moved;
  for (const auto& term : json["terms"])
    if (term["moved"])
      moved[{term["against"], term["term"]}] = term["change_bytes"].get<double>() / (1 << 30);
  ASSERT_EQ(moved.size(), 4u) << outcome.out;
  for (const char* reference : {"profile", "baseline"}) {
    EXPECT_NEAR((moved[{reference, "weights"}]), 27, 3);
    EXPECT_NEAR((moved[{reference, "kv_cache"}]), -20, 3);
  }
}

TEST(CheckVerb, WithoutAnythingToCheckAgainstNothingIsChecked) {
  const Program program;
  program.folder().write("new.csv", sweep_with([](Measurement&) {}));
  const Outcome outcome = program.run({"check", "new.csv"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "calibram: nothing to check against (neither --profile nor --baseline is given); name a profile, "
            "older measurements, or both\n");
}

/// The sweep against itself, changed on either side, without a profile.
Outcome check_baseline(
    const Program& program, const std::function<void(Measurement&)>& change_new,
    const std::function<void(Measurement&)>& change_old = [](Measurement&) {},
    const std::vector<std::string>& more = {}) {
  program.folder().write("new.csv", sweep_with(change_new));
  program.folder().write("old.csv", sweep_with(change_old));
  std::vector<std::string> arguments = {"check", "new.csv", "--baseline", "old.csv"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return program.run(arguments);
}

TEST(CheckVerb, ABaselineNeedsNoProfile) {
  const Program program;
  const Outcome outcome = check_baseline(program, [](Measurement&) {});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("check passes: against the baseline 0 of 15 terms moved and 0 of 282 rows"));
}

TEST(CheckVerb, ABaselineMayStandBeforeTheRowsAndMoreThanOnce) {
  const Program program;
  program.folder().write("new.csv", sweep_with([](Measurement&) {}));
  program.folder().write("old.csv", sweep_with([](Measurement&) {}));
  const Outcome outcome = program.run({"check", "--baseline", "old.csv", "--baseline", "old.csv", "new.csv"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("against the baseline old.csv, old.csv"));
}

TEST(CheckVerb, ABaselineOfAnotherDeviceIsRefusedUnlessAskedFor) {
  const Program program;
  const auto other = [](Measurement& row) {
    if (row.line >= 5) row.device = "another";
  };
  const auto same = [](Measurement&) {};
  const Outcome refused = check_baseline(program, same, other);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("old.csv:5: the baseline was measured on 'another'"));
  EXPECT_THAT(refused.err, HasSubstr("--other-device"));
  const Outcome allowed = check_baseline(program, same, other, {"--other-device"});
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_THAT(allowed.out, HasSubstr("0 of 282 rows are outside")) << "all are compared";
}

TEST(CheckVerb, RowsOfSeveralDevicesAreRefused) {
  const Program program;
  const Outcome outcome = check_baseline(program, [](Measurement& row) {
    if (row.line == 7) row.device = "another";
  });
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("new.csv:7: measured on 'another'"));
}

TEST(CheckVerb, WhatWorkedAndRunsOutOfMemoryFails) {
  const Program program;
  const Outcome outcome = check_baseline(program, [](Measurement& row) {
    if (row.line != 9) return;
    row.value.reset();
    row.outcome = "out_of_memory";
    row.reason = "wanted 96 GiB";
  });
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr("new.csv:9"));
  EXPECT_THAT(outcome.out, HasSubstr("ok -> out_of_memory (wanted 96 GiB)"));
  EXPECT_THAT(outcome.out, HasSubstr("1 configuration that worked breaks now"));
}

TEST(CheckVerb, ConfigurationsOfOneSideAloneAreNoted) {
  const Program program;
  const auto batch_of = [](std::int64_t line, std::int64_t batch) {
    return [=](Measurement& row) {
      if (row.line == line) row.workload.batch = batch;
    };
  };
  const Outcome outcome = check_baseline(program, batch_of(11, 77), batch_of(13, 78));
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("2 configurations of the baseline not measured again"));
  EXPECT_THAT(outcome.out, HasSubstr("2 new configurations without a row in the baseline"));
}

TEST(CheckVerb, VersionsThatChangedStandBesideTheJump) {
  const Program program;
  const Outcome outcome = check_baseline(
      program,
      [](Measurement& row) {
        row.versions = {{"driver", "590.12"}, {"cuda_runtime", "13.1"}, {"kernel", "6.1"}};
        if (row.metric == Metric::rss) *row.value += 120 << 20;
      },
      [](Measurement& row) {
        row.versions = {{"driver", "580.65"}, {"cuda_runtime", "13.0"}, {"kernel", "6.1"}};
      });
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr("calibram rss: constant moved by +120.00 MiB"));
  EXPECT_THAT(outcome.out,
              HasSubstr("changed since the baseline: cuda_runtime 13.0 -> 13.1, driver 580.65 -> "
                        "590.12\n"));
}

}  // namespace
}  // namespace calibram
