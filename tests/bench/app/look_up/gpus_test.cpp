// SPDX-License-Identifier: MIT
// The verb gpus: a table by capacity for people, and the sources of every figure for programs.
#include "src/core/csv.hpp"
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

Json gpus_of(std::vector<std::string> filter) {
  std::vector<std::string> arguments = {"gpus", "--json"};
  arguments.insert(arguments.end(), filter.begin(), filter.end());
  const Outcome outcome = Program{}.run(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(outcome.out);
}

TEST(GpusVerb, TheTableSaysHowEachFigureIsKnown) {
  const Outcome outcome = Program{}.run({"gpus", "l40"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out,
            "card  vendor  class        nominal     usable  known from\n"
            "----  ------  -----------  -------  ---------  ---------------------------------\n"
            "L40S  NVIDIA  data centre    48 GB  44.31 GiB  seen by a process\n"
            "L40   NVIDIA  data centre    48 GB  44.99 GiB  driver's total; it keeps some 2 %\n"
            "\n"
            "2 cards, 1 as a process sees them; --json and --csv name the sources\n");
}

TEST(GpusVerb, CardsAreSortedByWhatAProcessGets) {
  const Json list = gpus_of({});
  ASSERT_GE(list.size(), 60u);
  EXPECT_TRUE(std::is_sorted(list.begin(), list.end(), [](const Json& a, const Json& b) {
    return a["capacity_bytes"] < b["capacity_bytes"];
  }));
}

TEST(GpusVerb, AFigureThatNobodyPrintedIsNull) {
  const Json card = gpus_of({"MI100"}).at(0);
  EXPECT_EQ(card["known"], "nominal");
  EXPECT_EQ(card["capacity_bytes"], std::int64_t{32} << 30);
  for (const char* key : {"usable_bytes", "usable_resolution_bytes", "usable_source", "total_bytes",
                          "total_resolution_bytes", "total_source"})
    EXPECT_TRUE(card[key].is_null()) << key;
}

TEST(GpusVerb, TheCsvHasTheColumnsOfTheJsonAndReadsBack) {
  const Json list = gpus_of({"nvidia"});
  const Outcome outcome = Program{}.run({"gpus", "nvidia", "--csv"});
  CsvParser parser{outcome.out, "gpus"};
  CsvRow row;
  ASSERT_TRUE(parser.next(row));
  std::vector<std::string> keys;
  for (const auto& [key, value] : list.front().items()) keys.push_back(key);
  EXPECT_EQ(std::vector<std::string>(row.fields.begin(), row.fields.end()), keys);
  for (const Json& card : list) {
    ASSERT_TRUE(parser.next(row));
    ASSERT_EQ(row.fields.size(), keys.size());
    EXPECT_EQ(row.fields[0], card["name"].get<std::string>());
    EXPECT_EQ(row.fields[4], card["capacity_bytes"].dump());
    EXPECT_EQ(row.fields[8], card["usable_source"].is_null() ? "" : card["usable_source"].get<std::string>());
  }
  EXPECT_FALSE(parser.next(row));
}

TEST(GpusVerb, AFilterThatMatchesNothingSaysSo) {
  const Outcome none = Program{}.run({"gpus", "toaster", "--json"});
  EXPECT_EQ(none.status, 0);
  EXPECT_EQ(Json::parse(none.out), Json::array());
  EXPECT_EQ(none.err, "calibram: no known card matches 'toaster'\n");
  EXPECT_EQ(Program{}.run({"gpus", "toaster"}).out, "");
}

TEST(GpusVerb, CsvAndJsonExcludeEachOther) {
  const Outcome outcome = Program{}.run({"gpus", "--csv", "--json"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--csv"));
}

}  // namespace
}  // namespace calibram
