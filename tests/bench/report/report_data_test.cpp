// SPDX-License-Identifier: MIT
// Residuals, conclusions, the worst rows and the description of devices.
#include "bench/report/report.hpp"

#include "tests/bench/report/reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ReportData, AResidualIsPredictedMinusMeasured) {
  const EvaluatedRow row = report_row("m", 3000, 1, 2000, 3001);
  EXPECT_EQ(residual_of(row, 0)->value, -1000);
  EXPECT_DOUBLE_EQ(residual_of(row, 0)->relative, -0.333333);
  EXPECT_EQ(residual_of(row, 1)->value, 1);
}

TEST(ReportData, TheConclusionNamesTheBestEstimatorAndTheBestRule) {
  const Report report = small_report();
  const auto conclusions = conclusions_of(report.evaluation);
  ASSERT_THAT(conclusions, SizeIs(1));
  EXPECT_EQ(conclusion_text(conclusions.front()),
            "rss of calibram, 4 rows: calibrated is off by 0.52 % on average, 1.00 % at worst; the best rule "
            "of thumb, rule-1.2, by 20.00 % and 20.00 %");
}

TEST(ReportData, AGroupThatNobodyAnswersSaysSo) {
  Evaluation evaluation;
  evaluation.summaries = {{"theory", "x", "rss", "2+"}};
  EXPECT_EQ(conclusion_text(conclusions_of(evaluation).front()), "rss of x, 2+ cards: no estimator answers");
}

TEST(ReportData, TheWorstRowComesFirstAndRowsWithoutAnswersAreNone) {
  const Report report = small_report();
  std::vector<std::int64_t> lines;
  for (const EvaluatedRow* row : worst_rows(report.evaluation, 3)) lines.push_back(row->measurement.line);
  EXPECT_THAT(lines, ElementsAre(2, 3, 4));
  EXPECT_THAT(worst_rows(report.evaluation, 100), SizeIs(4));
  EXPECT_THAT(worst_rows(Evaluation{}, 3), IsEmpty());
}

TEST(ReportData, RowsThatFailedComeBackWhereTheyWere) {
  const Report report = small_report();
  std::vector<Measurement> measurements;
  for (const std::size_t i : {0U, 4U, 1U}) measurements.push_back(report.evaluation.rows[i].measurement);
  Evaluation evaluation;
  evaluation.estimators = report.evaluation.estimators;
  evaluation.rows = {report.evaluation.rows[0], report.evaluation.rows[1]};
  put_back(measurements, evaluation);
  ASSERT_THAT(evaluation.rows, SizeIs(3));
  EXPECT_EQ(evaluation.rows[1].measurement.outcome, "out_of_memory");
  EXPECT_EQ(evaluation.rows[2].measurement.line, 3);
  EXPECT_EQ(evaluation.rows[2].estimates[1], 2010);
}

TEST(ReportData, ADeviceSaysWhenAndWithWhatItWasMeasured) {
  const auto devices = small_report().devices;
  ASSERT_THAT(devices, SizeIs(1));
  EXPECT_EQ(devices[0].rows, 5U);
  EXPECT_EQ(devices[0].first_at, "2026-01-01");
  EXPECT_EQ(devices[0].last_at, "2026-01-04");
  EXPECT_THAT(devices[0].versions.at("driver"), ElementsAre("580.1", "580.2", "580.3", "580.4"));
}

TEST(ReportData, AProfileSaysEachThingOnce) {
  Profile profile;
  profile.device = {"A host", "host", 0, "Linux 6.1"};
  profile.created = "2026-01-02";
  profile.commit = "abc";
  profile.versions = {{"calibram", "0.1.0"}, {"commit", "abc"}, {"kernel", "Linux 6.1"}};
  using testing::Pair;
  EXPECT_THAT(description_of(profile),
              ElementsAre(Pair("device", "A host"), Pair("created", "2026-01-02"), Pair("calibram", "0.1.0"),
                          Pair("commit", "abc"), Pair("kernel", "Linux 6.1")));
}

TEST(ReportData, AShapeIsALineThroughRowsThatDifferInTheirContextAlone) {
  const Report report = small_report();
  ASSERT_THAT(report.shapes, SizeIs(1));
  EXPECT_THAT(report.shapes[0].rows, ElementsAre(0, 1, 2, 3));
  ASSERT_TRUE(report.shapes[0].line);
  EXPECT_NEAR(report.shapes[0].line->measured.slope, 1000, 1e-6);
  EXPECT_FALSE(report.shapes[0].line->theory_slope) << "nobody knows the model 'm'";
}

TEST(ReportData, TwoContextsAreAShapeWithoutALine) {
  Report report = small_report();
  report.evaluation.rows.resize(2);
  EXPECT_FALSE(shapes_of(report.evaluation)[0].line);
}

}  // namespace
}  // namespace calibram
