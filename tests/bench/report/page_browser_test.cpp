// SPDX-License-Identifier: MIT
// The page as people open it: in a browser, offline, with the numbers of the CSV.
#include "src/core/file.hpp"
#include "src/core/words.hpp"
#include "tests/bench/app/program.hpp"
#include "tests/support/browser.hpp"
#include "tests/support/csv_records.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace calibram {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Json = Browser::Json;

const std::filesystem::path root = CALIBRAM_SOURCE_DIR;

std::map<std::int64_t, std::map<std::string, std::string>> rows_by_line(const std::string& csv) {
  std::map<std::int64_t, std::map<std::string, std::string>> rows;
  for (const auto& fields : records(csv)) rows[std::stoll(fields.at("line"))] = fields;
  return rows;
}

class PageInBrowser : public testing::Test {
 protected:
  void SetUp() override {
    if (!Browser::program()) GTEST_SKIP() << "no chromium in PATH; Debian has it as the package chromium";
    browser.emplace(*Browser::program());
  }

  /// Reports as page.html and report.csv, and opens the page.
  void open(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "report");
    for (const char* word : {"-o", "page.html", "-o", "report.csv"}) arguments.emplace_back(word);
    const Outcome outcome = program.run(arguments);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    browser->open(program.folder().path() / "page.html");
  }

  /// The sweep of this repository, by its profile.
  void open_sweep() {
    const std::filesystem::path folder = root / "results" / "amd-epyc";
    open({(folder / "2026-11-22-3399611.csv").string(), "--profile", (folder / "profile.json").string()});
  }

  /// What went wrong in the page, and what it asked the network for.
  std::vector<std::string> complaints() {
    std::vector<std::string> found;
    for (const Json& thrown : browser->named("Runtime.exceptionThrown")) found.push_back(thrown.dump());
    for (const Json& said : browser->named("Runtime.consoleAPICalled")) found.push_back(said.dump());
    for (const Json& entry : browser->named("Log.entryAdded")) found.push_back(entry.dump());
    for (const Json& request : browser->named("Network.requestWillBeSent"))
      if (const std::string url = request["request"]["url"];
          !url.ends_with("/page.html") && !url.starts_with("data:"))
        found.push_back("asks for " + url);
    return found;
  }

  /// How many pixels of each visible plot are not empty.
  std::vector<int> painted_pixels() {
    return browser->evaluate(R"([...document.querySelectorAll('figure:not([hidden]) canvas')].map((c) => {
      const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let painted = 0;
      for (let i = 3; i < pixels.length; i += 4) painted += pixels[i] > 0;
      return painted;
    }))");
  }

  Program program;
  std::optional<Browser> browser;
};

TEST_F(PageInBrowser, EveryPlotIsDrawnWithoutAnErrorOrARequest) {
  open_sweep();
  EXPECT_THAT(painted_pixels(), AllOf(SizeIs(5), Each(Ge(2000))));
  EXPECT_EQ(browser->evaluate("performance.getEntriesByName('drawn').length"), 1);
  EXPECT_THAT(complaints(), IsEmpty());
}

TEST_F(PageInBrowser, WhatIsPlottedEqualsTheCsv) {
  open_sweep();
  const auto csv = rows_by_line(program.folder().read("report.csv"));
  const Json points = browser->evaluate(R"(['agreement', 'residuals', 'memory'].flatMap((id) =>
    Chart.getChart(document.querySelector(`#${id} canvas`)).data.datasets.flatMap((d) =>
      d.data.filter((p) => p.row !== undefined).map((p) => [id, d.label, column('line')[p.row], p.x, p.y]))))");
  ASSERT_GT(points.size(), 5 * 141U) << "five estimators answer 141 rows";
  for (const Json& point : points) {
    const std::string plot = point[0], series = point[1];
    const auto& row = csv.at(point[2]);
    // Values are drawn in MiB: a power of two, so nothing is lost.
    const auto bytes = [&](std::size_t i) { return fmt::format("{:.0f}", point[i].get<double>() * 1048576); };
    if (plot == "agreement") {
      EXPECT_EQ(bytes(3), row.at("measured"));
      EXPECT_EQ(bytes(4), row.at("predicted_" + series));
    } else if (plot == "residuals") {
      EXPECT_EQ(bytes(3), row.at("measured"));
      EXPECT_DOUBLE_EQ(point[4].get<double>(), 100 * std::stod(row.at("relative_calibrated")));
    } else {
      EXPECT_EQ(fmt::format("{}", point[3].get<double>()), row.at("context"));
      EXPECT_EQ(bytes(4), row.at("measured"));
    }
  }
}

TEST_F(PageInBrowser, TheStackOfTermsEqualsTheCsv) {
  open_sweep();
  const auto csv = rows_by_line(program.folder().read("report.csv"));
  const Json bars = browser->evaluate(
      R"(Chart.getChart(document.querySelector('#terms canvas')).data.datasets.flatMap((d) =>
    d.data.map((v, i) => [d.label, column('line')[d.rows[i]], v])))");
  ASSERT_GE(bars.size(), 12 * 5U);
  for (const Json& bar : bars) {
    const std::string series = bar[0], column = series == "measured" ? series : "term_" + series;
    EXPECT_EQ(fmt::format("{:.0f}", bar[2].get<double>() * 1048576), csv.at(bar[1]).at(column)) << bar.dump();
  }
}

TEST_F(PageInBrowser, ThinningKeepsTheExtremes) {
  std::string csv =
      "model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,value,resolution,"
      "device,source\n";
  for (int i = 1; i <= 4000; ++i)
    csv += fmt::format("qwen2-0.5b,calibram,fp16,fp16,1,{},0,,1,,,allocated,{},,card,\n", i,
                       1'200'000'000 + 1'000'000LL * ((i * 7919) % 500));
  program.folder().write("many.csv", csv);
  open({"many.csv"});
  double least = 1e9, most = -1e9;
  for (const auto& [line, row] : rows_by_line(program.folder().read("report.csv"))) {
    least = std::min(least, 100 * std::stod(row.at("relative_theory")));
    most = std::max(most, 100 * std::stod(row.at("relative_theory")));
  }
  const Json drawn = browser->evaluate(R"((() => {
    const ys = Chart.getChart(document.querySelector('#residuals canvas')).data.datasets.flatMap((d) => d.data.map((p) => p.y));
    return [ys.length, Math.min(...ys), Math.max(...ys)];
  })())");
  EXPECT_LT(drawn[0], 2000);
  EXPECT_DOUBLE_EQ(drawn[1], least);
  EXPECT_DOUBLE_EQ(drawn[2], most);
  EXPECT_THAT(std::string{browser->evaluate("document.querySelector('#residuals figcaption').textContent")},
              HasSubstr("of 4,000 points are drawn"));
}

TEST_F(PageInBrowser, DarkIsFollowedAndCanBeLeftAndBothCanBeRead) {
  const char* contrasts = R"((() => {
    const light = (rgb) => rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const read = (hex) => light([1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
    const ratio = (a, b) => (Math.max(read(a), read(b)) + 0.05) / (Math.min(read(a), read(b)) + 0.05);
    return ['ink', 'quiet', 'accent', 'warn', ...[0, 1, 2, 3, 4, 5].map((i) => `series-${i}`)].flatMap((name) =>
      ['ground', 'panel'].map((under) => ratio(colour(name), colour(under))));
  })())";
  browser->call("Emulation.setEmulatedMedia",
                {{"features", {{{"name", "prefers-color-scheme"}, {"value", "dark"}}}}});
  open_sweep();
  EXPECT_EQ(browser->evaluate("document.documentElement.dataset.theme"), "dark");
  EXPECT_EQ(browser->evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(20, 24, 29)");
  EXPECT_THAT(browser->evaluate(contrasts).get<std::vector<double>>(), Each(Ge(4.5)));
  browser->evaluate("document.getElementById('theme').click()");
  EXPECT_EQ(browser->evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
  EXPECT_THAT(browser->evaluate(contrasts).get<std::vector<double>>(), Each(Ge(4.5)));
  EXPECT_THAT(painted_pixels(), AllOf(SizeIs(5), Each(Ge(2000))));
  EXPECT_THAT(complaints(), IsEmpty());
}

TEST_F(PageInBrowser, EverythingIsReachedByKeyboard) {
  open_sweep();
  std::vector<std::string> reached;
  for (int i = 0; i < 60; ++i) {
    browser->press("Tab", 9);
    reached.push_back(
        browser->evaluate("document.activeElement.id || document.activeElement.getAttribute('aria-label') || "
                          "document.activeElement.className || document.activeElement.tagName"));
    if (reached.back() == "SUMMARY" &&
        browser->evaluate("document.activeElement.parentElement.open") == false) {
      browser->press("Enter", 13);
      browser->evaluate("new Promise((done) => setTimeout(done, 50))");
    }
  }
  EXPECT_EQ(reached.front(), "skip");
  for (const char* place : {"theme", "group", "model", "estimator", "filter", "page-next", "All rows",
                            "Data of: Memory against context", "Data of: What the memory consists of"})
    EXPECT_THAT(reached, Contains(place));
  EXPECT_EQ(browser->evaluate("document.querySelectorAll('#residuals details tbody tr').length"), 141);
}

TEST_F(PageInBrowser, ChoosingChangesEveryPlotAndTheTable) {
  open_sweep();
  browser->evaluate(
      "document.getElementById('model').value = '1', document.getElementById('model').onchange("
      "{target: document.getElementById('model')})");
  const std::string model = browser->evaluate("chosen.model");
  const Json models = browser->evaluate(
      "[...document.querySelectorAll('#row-table tbody tr')].map((row) => row.children[1].textContent)");
  ASSERT_FALSE(models.empty());
  EXPECT_THAT(models.get<std::vector<std::string>>(), Each(model));
  EXPECT_THAT(complaints(), IsEmpty());
}

TEST_F(PageInBrowser, HostileNamesStayText) {
  const std::string hostile =
      "</script><b class=evil>\xE2\x80\xA8<!-- \xF0\x9F\x92\xA5 ' & ; " + std::string(500, 'x');
  std::string csv =
      "model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,value,resolution,"
      "device,source,outcome,reason\n";
  for (int i = 0; i < 40; ++i)
    csv += csv_field(hostile + std::to_string(i)) + ",calibram,fp16,fp16,1,100,1,,1,,,allocated,1000000,," +
           csv_field(hostile) + ",x,,\n";
  csv += "qwen2-0.5b,calibram,fp16,fp16,1,100,1,,1,,,rss,,,,," + csv_field("killed") + "," +
         csv_field(hostile) + "\n";
  csv += "qwen2-0.5b,calibram,fp16,fp16,1,100,1,,1,,,rss,2000000000,,,,,\n";
  program.folder().write("hostile.csv", csv);
  open({"hostile.csv"});
  EXPECT_THAT(complaints(), IsEmpty());
  EXPECT_EQ(browser->evaluate("document.querySelectorAll('.evil').length"), 0);
  EXPECT_EQ(browser->evaluate("data.rows.count"), 42);
  EXPECT_EQ(browser->evaluate("column('model')[3]"), hostile + "3");
  EXPECT_THAT(painted_pixels(), testing::Not(IsEmpty()));
}

TEST_F(PageInBrowser, TheDriftOfSeveralSweepsIsDrawnWithMarks) {
  const std::filesystem::path sweep = root / "results" / "amd-epyc" / "2026-11-21.csv";
  const std::string rows = read_file(sweep, Bytes{1 << 24});
  std::vector<std::string> files;
  for (const auto& [day, versions] :
       std::map<std::string, std::string>{{"2026-11-20", "kernel=6.1"},
                                          {"2026-11-21", "kernel=6.2"},
                                          {"2026-11-22", "driver=580;kernel=6.2"}}) {
    std::string dated;
    for (const std::string_view line : split(rows, '\n'))
      if (!line.empty())
        dated += fmt::format(
            "{},{}\n", line,
            dated.empty() ? "measured_at,versions" : fmt::format("{}T00:00:00Z,{}", day, versions));
    files.push_back(day + ".csv");
    program.folder().write(files.back(), dated);
  }
  open(files);
  EXPECT_THAT(complaints(), IsEmpty());
  EXPECT_THAT(painted_pixels(), AllOf(SizeIs(7), Each(Ge(2000))));
  const Json drift = browser->evaluate(R"((() => {
    const chart = Chart.getChart(document.querySelector('#drift canvas'));
    return {labels: chart.data.labels.map((l) => l.join(' ')), series: chart.data.datasets.filter((d) => !d.isGuide).map((d) => d.label),
      first: chart.data.datasets[0].data};
  })())");
  EXPECT_EQ(drift["labels"],
            Json({"2026-11-20 00:00", "\xE2\x96\xB2 2026-11-21 00:00", "\xE2\x96\xB2 2026-11-22 00:00"}));
  EXPECT_EQ(drift["series"][0], "weights");
  EXPECT_THAT(drift["first"].get<std::vector<double>>(), Each(testing::DoubleNear(1, 0.001)));
  EXPECT_THAT(
      std::string{browser->evaluate("document.querySelector('#drift figcaption').textContent")},
      HasSubstr("2026-11-21 kernel 6.1 \xE2\x86\x92 6.2; 2026-11-22 driver 580 (not recorded before)."));
  const Json constant = browser->evaluate(R"((() => {
    const {datasets} = Chart.getChart(document.querySelector('#constant-drift canvas')).data;
    const told = data.histories[0].series.find((s) => s.fit === 'calibram rss' && s.term === 'constant').points[2].value;
    return {series: datasets.filter((d) => !d.isGuide).map((d) => d.label), drawn: datasets[0].data[2] * 1048576, told};
  })())");
  EXPECT_EQ(constant["series"], Json({"constant"}));
  EXPECT_GT(constant["told"], 0);
  EXPECT_EQ(constant["drawn"], constant["told"]);
}

TEST_F(PageInBrowser, RowsWithoutAnyAnswerOrValueAreAPageToo) {
  const std::string header =
      "model,runtime,weights,kv,batch,prompt,generate,context,devices,split,options,metric,value,resolution,"
      "device,source,outcome\n";
  for (const char* row : {"nobody,calibram,fp16,fp16,1,1,0,,1,,,allocated,5,,,,\n",
                          "nobody,calibram,fp16,fp16,1,1,0,,1,,,allocated,,,,,out_of_memory\n",
                          "qwen2-0.5b,calibram,fp16,fp16,1,1,0,,1,,,allocated,0,,,,\n"}) {
    program.folder().write("one.csv", header + row);
    open({"one.csv"});
    EXPECT_THAT(complaints(), IsEmpty()) << row;
    EXPECT_EQ(browser->evaluate("performance.getEntriesByName('drawn').length"), 1) << row;
    EXPECT_EQ(browser->evaluate("document.querySelectorAll('#row-table tbody tr').length"), 1) << row;
  }
}

TEST_F(PageInBrowser, NothingIsWiderThanAPhone) {
  browser->call("Emulation.setDeviceMetricsOverride",
                {{"width", 390}, {"height", 800}, {"deviceScaleFactor", 1}, {"mobile", true}});
  open_sweep();
  EXPECT_EQ(browser->evaluate("document.documentElement.scrollWidth"), 390);
}

}  // namespace
}  // namespace calibram
