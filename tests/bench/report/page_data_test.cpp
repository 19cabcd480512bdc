// SPDX-License-Identifier: MIT
// The data inside the page, and the page around it.
#include "bench/report/page_data.hpp"

#include "bench/report/page.hpp"
#include "tests/bench/report/reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <regex>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

TEST(PageData, HoldsTheRowsByColumn) {
  const Json rows = Json::parse(page_data(small_report()))["rows"];
  EXPECT_EQ(rows["count"], 5);
  EXPECT_EQ(rows["measured"], Json({1000, 2000, 3000, 4000, nullptr}));
  EXPECT_EQ(rows["estimates"][1]["predicted"], Json({1010, 2010, 3010, 4010, nullptr}));
  EXPECT_EQ(rows["estimates"][1]["relative"], Json({0.01, 0.005, 0.00333333, 0.0025, nullptr}));
  EXPECT_EQ(rows["low"], Json({1005, 2005, 3005, 4005, nullptr}));
  EXPECT_EQ(rows["terms"][0], Json({1000, 2000, 3000, 4000, nullptr}));
}

TEST(PageData, RepeatsNoValueThatAllRowsShare) {
  const Json rows = Json::parse(page_data(small_report()))["rows"];
  EXPECT_EQ(rows["model"], Json({{"all", "m"}}));
  EXPECT_EQ(rows["outcome"], Json({{"values", {"", "out_of_memory"}}, {"codes", {0, 0, 0, 0, 1}}}));
}

TEST(PageData, KeepsTheHistory) {
  HistoryRun first, second;
  first.file = "a.csv";
  second.file = "b.csv";
  second.changes = {{"driver", "1", "2"}};
  HistorySeries weights{"calibram rss", "weights", {{0, 1.0, 0.01, 2, {}}, {1, 1.1, 0.01, 2, 0.5}}};
  Report report = small_report();
  report.histories = {{{"card", {first, second}}, {weights}}};
  const Json history = Json::parse(page_data(report))["histories"][0];
  EXPECT_EQ(history["runs"][1]["changes"],
            Json::array({{{"name", "driver"}, {"before", "1"}, {"after", "2"}}}));
  EXPECT_EQ(history["series"][0]["points"][1],
            Json({{"run", 1}, {"value", 1.1}, {"error", 0.01}, {"p", 0.5}}));
}

TEST(PageData, CannotEndItsScript) {
  Report report = small_report();
  report.evaluation.rows.front().measurement.model = "</script><!-- \xE2\x80\xA8 \xFF & 'quotes\"";
  const std::string data = page_data(report);
  for (const char c : data) ASSERT_TRUE(c >= ' ' && c < 0x7f && c != '<' && c != '>' && c != '&');
  EXPECT_THAT(Json::parse(data).dump(), HasSubstr("</script><!--"));
}

TEST(Page, AsksNobodyForAnything) {
  const std::string html = page(small_report());
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  const std::regex outside{R"re((?:src|href|action|data)\s*=\s*"(?!#|data:))re"};
  EXPECT_FALSE(std::regex_search(html, outside));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
}

TEST(Page, KeepsTheLicenceOfItsCharts) {
  EXPECT_THAT(page(small_report()), HasSubstr("Chart.js Contributors"));
  EXPECT_THAT(page(small_report()), HasSubstr("Permission is hereby granted"));
}

TEST(Page, IsNamedAfterItsDeviceAsText) {
  Report report = small_report();
  report.devices.front().name = "<i>";
  EXPECT_THAT(page(report), HasSubstr("<title>Memory of &lt;i></title>"));
}

}  // namespace
}  // namespace calibram
