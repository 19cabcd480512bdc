// SPDX-License-Identifier: MIT
// The formats of a check: each as on file, and whole whatever the rows hold.
#include "src/core/file.hpp"
#include "src/engine/measurement.hpp"
#include "tests/bench/app/program.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <algorithm>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string golden(const std::string& name) {
  return read_file(std::string{CALIBRAM_SOURCE_DIR} + "/tests/bench/app/check/golden/" + name,
                   Bytes{1 << 20});
}

/// A sweep whose driver changed, and with it the constant; a row that ran out of memory; one that is new.
class CheckGolden : public ::testing::Test {
 protected:
  CheckGolden() {
    program.folder().write("old.csv", golden("check_old.csv"));
    program.folder().write("new.csv", golden("check_new.csv"));
    program.folder().write("profile.json", read_file(std::string{CALIBRAM_SOURCE_DIR} +
                                                         "/tests/bench/app/check/golden/check_profile.json",
                                                     Bytes{1 << 20}));
  }

  Outcome check(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"check",        "new.csv",    "--profile",
                                          "profile.json", "--baseline", "old.csv"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return program.run(arguments);
  }

  Program program;
};

TEST_F(CheckGolden, TextMarkdownAndJunitComeFromOneRun) {
  const Outcome outcome = check({"--markdown", "check.md", "--junit", "check.xml"});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_EQ(outcome.out, golden("check.txt"));
  EXPECT_EQ(program.folder().read("check.md"), golden("check.md"));
  EXPECT_EQ(program.folder().read("check.xml"), golden("check.xml"));
}

TEST_F(CheckGolden, JsonIsOneDocument) { EXPECT_EQ(check({"--json"}).out, golden("check.json")); }

TEST_F(CheckGolden, ADashIsStandardOutputWithoutTheText) {
  EXPECT_EQ(check({"--markdown", "-"}).out, golden("check.md"));
  EXPECT_EQ(check({"--junit", "-"}).out, golden("check.xml"));
}

TEST_F(CheckGolden, StandardOutputIsOneDocument) {
  for (const std::vector<std::string>& two : {std::vector<std::string>{"--json", "--markdown", "-"},
                                              {"--json", "--junit", "-"},
                                              {"--markdown", "-", "--junit", "-"}}) {
    const Outcome outcome = check(two);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("both would be standard output"));
  }
}

/// A row of a program that theory does not know.
Measurement watched(const std::string& program, std::int64_t value) {
  Measurement row;
  row.model = program, row.runtime = "watched", row.metric = Metric::cgroup;
  row.value = value;
  return row;
}

std::string csv_of(const std::vector<Measurement>& rows) {
  std::string csv = csv_header() + "\n";
  for (const Measurement& row : rows) csv += csv_row(row) + "\n";
  return csv;
}

/// The program's answer to rows that grew by half.
Outcome check_grown(const Program& program, std::vector<Measurement> rows,
                    const std::vector<std::string>& more) {
  program.folder().write("old.csv", csv_of(rows));
  for (Measurement& row : rows) *row.value += *row.value / 2;
  program.folder().write("new.csv", csv_of(rows));
  std::vector<std::string> arguments = {"check", "new.csv", "--baseline", "old.csv"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return program.run(arguments);
}

TEST(CheckFormats, XmlHoldsWhateverANameHolds) {
  const Program program;
  const Outcome outcome =
      check_grown(program, {watched("bell\x07 <&> \"quote\" \xff\xfe broken \xEF\xBF\xBF", 1'000'000'000)},
                  {"--junit", "-"});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(outcome.out.c_str())) << outcome.out;
  const std::string failure = document.select_node("//testcase[@name='rows']/failure").node().text().get();
  EXPECT_THAT(failure, HasSubstr("<&> \"quote\""));
  EXPECT_TRUE(std::none_of(outcome.out.begin(), outcome.out.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  })) << "XML 1.0 has no such characters";
  EXPECT_THAT(outcome.out, Not(HasSubstr("&#x7;")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("&#07;")));
  EXPECT_NO_THROW(nlohmann::json(outcome.out).dump()) << "not UTF-8";
  EXPECT_THAT(outcome.out, Not(HasSubstr("\xEF\xBF\xBF")));
}

TEST(CheckFormats, XmlCountsItsCases) {
  const Program program;
  const Outcome outcome = check_grown(program, {watched("server", 1'000'000'000)}, {"--junit", "-"});
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(outcome.out.c_str()));
  for (const pugi::xml_node suite : document.child("testsuites").children("testsuite")) {
    const auto cases = suite.children("testcase");
    EXPECT_EQ(suite.attribute("tests").as_int(), std::distance(cases.begin(), cases.end()));
    EXPECT_EQ(suite.attribute("failures").as_int(),
              static_cast<int>(suite.select_nodes("testcase/failure").size()));
  }
}

TEST(CheckFormats, MarkdownOfANameStaysText) {
  const Program program;
  const std::string text =
      check_grown(program, {watched(R"(a|b `c` <details> *d* \ e)", 1'000'000'000)}, {"--markdown", "-"}).out;
  EXPECT_THAT(text, HasSubstr(R"(a\|b \`c\` &lt;details> \*d\* \\ e)"));
}

TEST(CheckFormats, MarkdownNeverOutgrowsAComment) {
  std::vector<Measurement> rows;
  for (int i = 0; i < 1000; ++i) {
    rows.push_back(watched("server", 1'000'000'000));
    rows.back().runtime = fmt::format("engine-{}@{}", i, std::string(100, 'v'));
  }
  const Program program;
  const std::string text = check_grown(program, rows, {"--markdown", "-"}).out;
  EXPECT_LE(text.size(), 65'536u);
  EXPECT_THAT(text, HasSubstr("check FAILS"));
  EXPECT_THAT(text, HasSubstr("and 980 more"));
  EXPECT_THAT(text, HasSubstr("does not fit into a comment"));
}

TEST(CheckFormats, LongListsEndWithTheirCount) {
  std::vector<Measurement> rows;
  for (int i = 1; i <= 50; ++i) {
    rows.push_back(watched("server", 1'000'000'000 + i));
    rows.back().workload.prompt = i;
  }
  const Program program;
  EXPECT_THAT(check_grown(program, rows, {}).out, HasSubstr("and 30 more"));
  EXPECT_THAT(check_grown(program, rows, {"--junit", "-"}).out, HasSubstr("and 30 more"));
  EXPECT_EQ(nlohmann::json::parse(check_grown(program, rows, {"--json"}).out)["rows"].size(), 50u);
}

}  // namespace
}  // namespace calibram
