// SPDX-License-Identifier: MIT
// The Markdown report: what it says, and that it stays short and harmless.
#include "bench/report/markdown_report.hpp"

#include "tests/bench/report/reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MarkdownReport, SaysWhatWasMeasuredAndHowWellItIsPredicted) {
  EXPECT_EQ(markdown_report(small_report()), R"(# Memory measured and predicted

| device | card |
|---|---|
| rows | 5 |
| measured | 2026-01-01 to 2026-01-04 |
| driver | 580.1, 580.2, 580.3, 580.4 |

* rss of calibram, 4 rows: calibrated is off by 0.52 % on average, 1.00 % at worst; the best rule of thumb, rule-1.2, by 20.00 % and 20.00 %.
* 1 row has no value, or 0, or did not end well: it is not evaluated.

## What was fitted

Nothing was fitted.

## Errors of every estimator

| estimator | runtime | metric | cards | rows | skipped | mean | median | worst | signed | under |
|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|
| rule-1.2 | calibram | rss | 1 | 4 | 0 | 20.00 % | 20.00 % | 20.00 % | +20.00 % | 0 % |
| calibrated | calibram | rss | 1 | 4 | 0 | 0.52 % | 0.40 % | 1.00 % | +0.50 % | 0 % |

## Memory against context

rss of calibram:

| model | weights | kv | batch | rows | at 0 tokens | MiB/token | KV in theory | KV share |
|---|---|---|---:|---:|---:|---:|---:|---:|
| m | fp16 | fp16 | 1 | 4 | 0.00 GiB | 0.0010 |  |  |


## The worst rows

| row | configuration | metric | measured | best estimator | predicted | residual |
|---|---|---|---:|---|---:|---:|
| rows.csv:2 | m fp16 1 x 1 + 0 | rss | 0.00 MiB | calibrated | 0.00 MiB | +1.00 % |
| rows.csv:3 | m fp16 1 x 2 + 0 | rss | 0.00 MiB | calibrated | 0.00 MiB | +0.50 % |
| rows.csv:4 | m fp16 1 x 3 + 0 | rss | 0.00 MiB | calibrated | 0.00 MiB | +0.33 % |
| rows.csv:5 | m fp16 1 x 4 + 0 | rss | 0.00 MiB | calibrated | 0.00 MiB | +0.25 % |

Written by calibram 1, commit abc at 2026-01-02T03:04:05Z from 1 file.
)");
}

TEST(MarkdownReport, FitsIntoACommentOnAPullRequest) {
  Report report = small_report();
  const std::string long_name(5000, 'x');
  for (int i = 0; i < 2000; ++i)
    for (int context = 1; context <= 3; ++context)
      report.evaluation.rows.push_back(report_row(long_name + std::to_string(i), 1000, context, 9000, 1));
  for (int i = 0; i < 2000; ++i) report.evaluation.reasons[long_name + std::to_string(i)]["theory"] = 1;
  report.shapes = shapes_of(report.evaluation);
  EXPECT_LT(markdown_report(report).size(), 65'536U);
  EXPECT_THAT(markdown_report(report), HasSubstr("are left out here; the page has them"));
}

TEST(MarkdownReport, NamesStayText) {
  Report report = small_report();
  report.evaluation.rows.front().measurement.model = "<script>|`*[x](y)\n# z";
  const std::string text = markdown_report(report);
  EXPECT_THAT(text, HasSubstr("&lt;script\\>\\|\\`\\*\\[x\\](y)?\\# z"));
  EXPECT_THAT(text, Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace calibram
