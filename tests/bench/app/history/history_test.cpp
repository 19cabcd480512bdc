// SPDX-License-Identifier: MIT
// calibram history as a person runs it on a folder of sweeps.
#include "src/engine/measurement.hpp"
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;

void write_run(const Program& program, const std::string& day, const std::string& kernel,
               std::int64_t more_bytes = 0) {
  std::string csv = csv_header() + "\n";
  for (Measurement row :
       read_measurements(std::string{CALIBRAM_SOURCE_DIR} + "/results/amd-epyc/2026-11-21.csv")) {
    row.measured_at = day + "T08:00:00Z";
    row.versions = {{"kernel", kernel}};
    if (row.metric == Metric::rss) *row.value += more_bytes;
    csv += csv_row(row) + "\n";
  }
  program.folder().write(day + ".csv", csv);
}

TEST(HistoryVerb, AJumpStandsBesideTheVersionThatChanged) {
  const Program program;
  write_run(program, "2026-11-01", "Linux 6.1");
  write_run(program, "2026-11-02", "Linux 6.1");
  write_run(program, "2026-11-03", "Linux 6.2", 120 << 20);
  program.folder().write("micro_benchmarks.csv", "name,iterations\ncount,5\n");
  const Outcome outcome = program.run({"history", "."});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("AMD EPYC: 3 runs"));
  EXPECT_THAT(outcome.out, HasSubstr("calibram allocated: theory holds to the byte in every run"));
  EXPECT_THAT(outcome.out,
              HasSubstr("calibram rss: constant moved from 9.60 MiB ± 0.03 to 129.60 MiB ± 0.03 in run 3 "
                        "(kernel Linux 6.1 -> Linux 6.2)\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("in run 2")));
}

TEST(HistoryVerb, JsonHasEveryPointAndEveryStep) {
  const Program program;
  write_run(program, "2026-11-01", "Linux 6.1");
  write_run(program, "2026-11-02", "Linux 6.2", 50 << 20);
  const Outcome outcome = program.run({"history", "2026-11-02.csv", "2026-11-01.csv", "--json"});
  const auto history = nlohmann::json::parse(outcome.out)["histories"][0];
  EXPECT_EQ(history["runs"][1]["changes"][0]["after"], "Linux 6.2");
  ASSERT_EQ(history["steps"].size(), 1u);
  EXPECT_EQ(history["steps"][0]["term"], "constant");
  EXPECT_EQ(history["series"].size(), 12u);
  EXPECT_EQ(history["series"][0]["points"].size(), 2u);
}

TEST(HistoryVerb, AFileWithItsColumnsInAnotherOrderIsASweepToo) {
  const Program program;
  program.folder().write(
      "other.csv",
      "runtime,note,model,weights,kv,batch,prompt,generate,context,devices,split,options,metric,value,"
      "resolution,device,source\ncalibram,,qwen2-0.5b,fp16,fp16,1,9,,,,,,rss,5,,d,s\n");
  const Outcome outcome = program.run({"history", "."});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("d: 1 run"));
}

TEST(HistoryVerb, WithoutAPathItIsThatOfThisMachine) {
  const Program program;
  const Outcome outcome = program.run({"history"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("there is no history of this machine (calibrate has not been run here)"));
}

TEST(HistoryVerb, AFolderWithoutMeasurementsIsAnError) {
  const Program program;
  const Outcome outcome = program.run({"history", "."});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("there is no history (no measurements in '.')"));
  EXPECT_EQ(program.run({"history", "nowhere.csv"}).status, 2);
}

}  // namespace
}  // namespace calibram
