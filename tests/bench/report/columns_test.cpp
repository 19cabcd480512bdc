// SPDX-License-Identifier: MIT
// The CSV report: its columns, and what stands in them.
#include "bench/report/columns.hpp"

#include "tests/bench/report/reports.hpp"
#include "tests/support/csv_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST(ReportColumns, EveryRowStandsBesideEveryEstimator) {
  const auto rows = records(csv_report(small_report()));
  ASSERT_THAT(rows, SizeIs(5));
  const std::map<std::string, std::string> expected = {
      {"line", "3"},
      {"model", "m"},
      {"prompt", "2"},
      {"metric", "rss"},
      {"measured", "2000"},
      {"predicted_rule-1.2", "2400"},
      {"residual_rule-1.2", "400"},
      {"relative_rule-1.2", "0.2"},
      {"predicted_calibrated", "2010"},
      {"residual_calibrated", "10"},
      {"relative_calibrated", "0.005"},
      {"best", "calibrated"},
      {"interval_low", "2005"},
      {"interval_high", "2015"},
      {"bound99", "2016"},
      {"term_weights", "2000"},
      {"term_kv_cache", "0"},
      {"term_constant", "10"},
  };
  for (const auto& [name, value] : expected) EXPECT_EQ(rows[1].at(name), value) << name;
}

TEST(ReportColumns, ARowThatFailedHasEmptyFieldsAndItsOutcome) {
  const auto row = records(csv_report(small_report())).back();
  EXPECT_EQ(row.at("outcome"), "out_of_memory");
  for (const char* name : {"measured", "predicted_calibrated", "residual_calibrated", "relative_calibrated",
                           "best", "interval_low", "term_weights"})
    EXPECT_EQ(row.at(name), "") << name;
}

TEST(ReportColumns, TokensHaveNoIntervalOfBytes) {
  Report report = small_report();
  report.evaluation.rows.front().measurement.metric = Metric::kv_tokens;
  EXPECT_EQ(records(csv_report(report)).front().at("interval_low"), "");
}

TEST(ReportColumns, EachIsNamedOnceAndExplained) {
  std::set<std::string> names;
  for (const ReportColumn& column : report_columns({"theory", "calibrated"})) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    EXPECT_FALSE(column.meaning.empty()) << column.name;
  }
  EXPECT_THAT(report_dictionary().text(), HasSubstr("relative_NAME"));
}

TEST(ReportColumns, NamesWithCommasQuotesAndLineEndsComeBackAsTheyWere) {
  Report report = small_report();
  const std::string hostile = "a,\"b\"\nc";
  report.evaluation.rows.front().measurement.model = hostile;
  EXPECT_EQ(records(csv_report(report)).front().at("model"), hostile);
}

}  // namespace
}  // namespace calibram
