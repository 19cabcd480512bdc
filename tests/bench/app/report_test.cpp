// SPDX-License-Identifier: MIT
// calibram report as it is called: which format goes where, and what is refused.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string header =
    "model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,value,resolution,"
    "device,"
    "source,outcome,reason\n";
const std::string row = "qwen2-0.5b,calibram,fp16,fp16,1,100,4,,1,,,allocated,1200000000,,card,,,\n";
const std::string killed = "qwen2-0.5b,calibram,fp16,fp16,1,200,4,,1,,,allocated,,,card,,killed,by 9\n";

class ReportVerb : public testing::Test {
 protected:
  void SetUp() override { program.folder().write("rows.csv", header + row + killed); }

  Outcome report(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "report");
    return program.run(arguments);
  }

  Program program;
};

TEST_F(ReportVerb, PrintsMarkdownUnlessToldOtherwise) {
  const Outcome outcome = report({"rows.csv"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith("# Memory measured and predicted\n"));
  EXPECT_THAT(report({"rows.csv", "--format", "csv"}).out, StartsWith("file,line,model,"));
  EXPECT_THAT(report({"rows.csv", "--format", "html"}).out, StartsWith("<!DOCTYPE html>"));
}

TEST_F(ReportVerb, WritesEachOutputByItsSuffix) {
  const Outcome outcome = report({"-o", "a.html", "-o", "b.md", "rows.csv", "-o", "c.csv"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(program.folder().read("a.html"), StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(program.folder().read("b.md"), StartsWith("# Memory"));
  EXPECT_THAT(program.folder().read("c.csv"), StartsWith("file,line,"));
}

TEST_F(ReportVerb, ARowThatDidNotEndWellIsThereToo) {
  EXPECT_THAT(report({"rows.csv", "--format", "csv"}).out, HasSubstr("rows.csv,3,qwen2-0.5b"));
  EXPECT_THAT(report({"rows.csv"}).out, HasSubstr("1 row has no value"));
}

TEST_F(ReportVerb, RefusesWhatItCannotWrite) {
  const Outcome unknown = report({"rows.csv", "-o", "report.pdf"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("cannot tell the format of 'report.pdf'"));
  const Outcome over = report({"rows.csv", "-o", "rows.csv"});
  EXPECT_EQ(over.status, 2);
  EXPECT_THAT(over.err, HasSubstr("cannot write the report over the measurements 'rows.csv'"));
  EXPECT_EQ(report({"rows.csv", "--format", "pdf"}).status, 2);
  EXPECT_EQ(report({"rows.csv", "-o", "no/such/folder.html"}).status, 2);
}

TEST_F(ReportVerb, RefusesWhatItCannotRead) {
  EXPECT_EQ(report({}).status, 2);
  EXPECT_EQ(report({"missing.csv"}).status, 2);
  program.folder().write("empty.csv", header);
  EXPECT_THAT(report({"empty.csv"}).err, HasSubstr("there is nothing to report"));
  EXPECT_EQ(report({"rows.csv", "--profile", "missing.json"}).status, 2);
}

TEST_F(ReportVerb, ReportsTwoDevicesWithoutAFit) {
  std::string other = row;
  other.replace(other.find("card"), 4, "pear");
  program.folder().write("other.csv", header + other);
  const Outcome outcome = report({"rows.csv", "other.csv"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("not fitted: rows of 2 devices"));
  EXPECT_THAT(outcome.out, HasSubstr("| device | pear |"));
}

TEST_F(ReportVerb, ExplainsTheColumnsOfItsCsv) {
  const Outcome outcome = report({"--columns"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("relative_NAME"));
}

}  // namespace
}  // namespace calibram
