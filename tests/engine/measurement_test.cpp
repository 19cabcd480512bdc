// SPDX-License-Identifier: MIT
// Measurements: the columns as users know them, round trips, and what makes two rows one configuration.
#include "src/engine/measurement.hpp"

#include "tests/engine/measurement_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;

Measurement full_row() {
  Measurement row;
  row.model = "configs/a, b.json";
  row.runtime = "vllm@0.19.0";
  row.weights = "bf16";
  row.kv = "fp8";
  row.workload = {.batch = 4, .prompt = 256, .generate = 512, .context = 1024};
  row.devices = 2;
  row.split = Split::tensor;
  row.options = {{"attention", "flash"}, {"ubatch", "512"}};
  row.metric = Metric::device;
  row.value = 123456789012;
  row.resolution = 512;
  row.device = "H100 \"80GB\"";
  row.source = " own ";
  row.predicted = 1;
  row.requested = 2;
  row.rounded = 3;
  row.driver = 0;
  row.unaccounted = -3;
  row.outcome = "rejected";
  row.reason = "another process, 3 GiB";
  row.counter = "VmHWM";
  row.fixed = 4;
  row.slack = 5;
  row.layers_executed = 6;
  row.wall_milliseconds = 7;
  row.measured_at = "2026-11-21T22:19:16Z";
  row.machine = "node7";
  row.versions = {{"calibram", "0.1.0"}, {"kernel", "Linux 6.18"}};
  return row;
}

TEST(Measurement, TheColumnsAreTheOnesOfTheFormat) {
  EXPECT_EQ(csv_header(), fixed_columns +
                              ",predicted,requested,rounded,driver,unaccounted,outcome,reason,counter,fixed,"
                              "slack,cuda_context,handles,modules,late,layers_executed,wall_milliseconds,"
                              "measured_at,machine,versions");
}

TEST(Measurement, ARowReadsBackAsItWasWritten) {
  const Measurement row = full_row();
  const Measurement again = rows_of(csv_header() + "\n" + csv_row(row) + "\n").at(0);
  EXPECT_EQ(csv_row(again), csv_row(row));
  EXPECT_TRUE(same_configuration(again, row));
  EXPECT_EQ(again.model, "configs/a, b.json");
  EXPECT_EQ(again.device, "H100 \"80GB\"");
  EXPECT_EQ(again.source, " own ");
  EXPECT_EQ(again.value, 123456789012);
  EXPECT_EQ(again.driver, 0) << "zero is not absent";
  EXPECT_EQ(again.unaccounted, -3);
  EXPECT_EQ(again.wall_milliseconds, 7);
  EXPECT_EQ(again.machine, "node7");
  EXPECT_EQ(again.versions, row.versions);
  EXPECT_EQ(again.line, 2);
}

TEST(Measurement, AbsentNumbersAreEmptyFields) {
  Measurement row;
  row.model = "qwen2-7b";
  row.outcome = "out_of_memory";
  EXPECT_EQ(csv_row(row), "qwen2-7b,calibram,,,1,1,0,,1,,,allocated,,,,,,,,,,out_of_memory,,,,,,,,,,,,,");
}

TEST(Measurement, ARowIsOneLine) {
  Measurement row = full_row();
  row.reason = "killed\r\nby the kernel";
  EXPECT_EQ(csv_row(row).find_first_of("\r\n"), std::string::npos);
}

TEST(Measurement, ValueLedgerAndProvenanceAreNotConfiguration) {
  Measurement a = full_row(), b = full_row();
  b.value = 1;
  b.source = "elsewhere";
  b.outcome = "";
  b.wall_milliseconds = 99;
  b.measured_at = "2026-11-22T00:00:00Z";
  b.machine = "node8";
  b.versions = {{"driver", "580"}};
  b.line = 5;
  EXPECT_TRUE(same_configuration(a, b));
  const auto differs = [&a](void (*change)(Measurement&)) {
    Measurement changed = full_row();
    change(changed);
    return !same_configuration(a, changed);
  };
  EXPECT_TRUE(differs([](Measurement& row) { row.workload.context = std::nullopt; }));
  EXPECT_TRUE(differs([](Measurement& row) { row.metric = Metric::rss; }));
  EXPECT_TRUE(differs([](Measurement& row) { row.options.clear(); }));
  EXPECT_TRUE(differs([](Measurement& row) { row.split = Split::layers; }));
  EXPECT_TRUE(differs([](Measurement& row) { row.device = "A100"; }));
  EXPECT_TRUE(differs([](Measurement& row) { row.kv = "fp16"; }));
}

TEST(Measurement, TheDataDictionaryExplainsEveryColumn) {
  const std::string dictionary = data_dictionary();
  EXPECT_THAT(dictionary, HasSubstr("| name | unit | meaning |\n|---|---|---|\n| `model` |"));
  for (const MeasurementColumn& column : measurement_columns()) {
    EXPECT_THAT(dictionary, HasSubstr("| `" + std::string{column.name} + "` |"));
    EXPECT_FALSE(column.meaning.empty());
  }
}

}  // namespace
}  // namespace calibram
