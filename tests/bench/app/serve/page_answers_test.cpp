// SPDX-License-Identifier: MIT
// The calculator's page around its first answer: inverse answers, advice, cards, files, languages, phones.
#include "src/core/bytes.hpp"
#include "tests/bench/app/serve/served_page.hpp"
#include "tests/support/config_texts.hpp"
#include "tests/support/gguf_models.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace calibram {
namespace {

using testing::Ge;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using Json = Browser::Json;

/// Qwen2-7B's, as its authors publish it.
const std::string qwen2_7b = config_text(
    "qwen2",
    R"("hidden_size": 3584, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
       "intermediate_size": 18944, "vocab_size": 152064, "max_position_embeddings": 32768, "torch_dtype": "bfloat16")");

const char* const short_of_memory = "?model=qwen2.5-32b&runtime=vllm%400.19&prompt=32768&gpu=RTX+4090";

class PageAnswers : public ServedPage {
 protected:
  /// What one more run of the program prints with --json.
  static Json printed(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    return Json::parse(Program{}.run(arguments).out);
  }
  static Json texts_of(const std::string& selector) {
    return browser->evaluate("[...document.querySelectorAll(" + Json(selector).dump() +
                             ")].map((e) => e.textContent)");
  }
  static std::string shown_gib(const Json& bytes) { return gib_text(Bytes{bytes.get<std::int64_t>()}); }
};

TEST_F(PageAnswers, InverseAnswersEqualTheCommands) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  const Json inverse =
      Json::parse(run_shown("--max-context --max-batch --best-format --min-devices --json").out)["inverse"];
  EXPECT_EQ(text_of("#inverse-max-batch .figure"), std::to_string(inverse["max_batch"].get<int>()));
  std::string tokens = text_of("#inverse-max-context .figure");
  std::erase(tokens, ',');
  EXPECT_EQ(tokens, std::to_string(inverse["max_context"].get<int>()) + " tokens");
  EXPECT_THAT(text_of("#inverse-max-batch .help"),
              HasSubstr(shown_gib(inverse["max_batch_limit"]["next_needed_bytes"])));
  EXPECT_THAT(text_of("#inverse-best-format .figure"),
              StartsWith(inverse["best_format"]["weights"].get<std::string>()));
  EXPECT_EQ(text_of("#inverse-min-devices .figure"),
            std::to_string(inverse["min_devices"]["devices"].get<int>()));
  browser->click("#inverse-max-batch button");
  settle();
  EXPECT_THAT(text_of("#verdict"), StartsWith("Fits"));
  EXPECT_EQ(browser->evaluate("document.querySelector('#batch-field').value"),
            std::to_string(inverse["max_batch"].get<int>()));
}

TEST_F(PageAnswers, AdviceEqualsTheCommandsAndItsPlanFits) {
  open(short_of_memory);
  EXPECT_THAT(text_of("#verdict"), StartsWith("Does not fit RTX 4090"));
  const Json advice =
      printed({"advise", "qwen2.5-32b", "--runtime", "vllm@0.19", "--prompt", "32768", "--gpu", "RTX 4090"});
  EXPECT_EQ(texts_of(".plan:first-child ol strong"),
            Json::array({advice["plan"]["steps"][0]["name"], advice["plan"]["steps"][1]["name"]}));
  EXPECT_THAT(text_of(".plan .verdict"), HasSubstr(shown_gib(advice["plan"]["needed_bytes"])));
  EXPECT_THAT(text_of("#way-out"), HasSubstr(shown_gib(advice["plan"]["needed_bytes"])));
  std::size_t row = 0;
  const Json names = texts_of("#advice tbody th"), needs = texts_of("#advice tbody td:nth-child(2)");
  for (const Json& remedy : advice["remedies"]) {
    if (remedy["needed_bytes"].is_null() || remedy["saves_bytes"] <= 0) continue;
    ASSERT_LT(row, names.size());
    EXPECT_EQ(names[row], remedy["name"]);
    EXPECT_EQ(needs[row++], shown_gib(remedy["needed_bytes"]));
  }
  EXPECT_EQ(row, names.size());
  browser->click(".plan button");
  settle();
  EXPECT_THAT(text_of("#verdict"), StartsWith("Fits RTX 4090"));
  EXPECT_THAT(text_of("#verdict"), HasSubstr(shown_gib(advice["plan"]["headroom_bytes"])));
  EXPECT_EQ(browser->evaluate("document.querySelector('#way-out').hidden"), true);
}

TEST_F(PageAnswers, WhatAPlanMayNotChangeStays) {
  open(short_of_memory);
  EXPECT_THAT(text_of(".plan ol"), HasSubstr("awq-int4"));
  browser->click("#keep-formats");
  settle();
  EXPECT_THAT(text_of(".plan ol"), Not(HasSubstr("awq-int4")));
  browser->wait_for("location.search.includes('keep-formats=1')");
}

TEST_F(PageAnswers, CardsAreThoseOfTheCommandSmallestFirst) {
  open("?model=qwen2-7b&prompt=4096");
  browser->click("#card-all");
  std::vector<std::pair<std::int64_t, std::string>> wanted;
  const Json printed = shown_command_json();
  for (const Json& card : printed["fits"])
    wanted.emplace_back(card["capacity_bytes"], std::string{card["gpu"]} +
                                                    (card["fits"] ? " fits " : " does not fit ") +
                                                    shown_gib(card["headroom_bytes"]));
  std::stable_sort(wanted.begin(), wanted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  const Json shown = browser->evaluate(
      "[...document.querySelectorAll('#comparison tbody tr')].map((r) => [0, 3, 4].map((i) => "
      "r.cells[i].textContent).join(' '))");
  ASSERT_EQ(shown.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(shown[i], wanted[i].second);
  type_into("#card-search", "h100");
  EXPECT_THAT(texts_of("#comparison tbody th"), SizeIs(Ge(2U)));
  for (const Json& name : texts_of("#comparison tbody th"))
    EXPECT_THAT(std::string{name}, StartsWith("H100"));
  browser->click("#comparison tbody button");
  settle();
  EXPECT_THAT(text_of("#verdict"), StartsWith("Fits H100"));
}

TEST_F(PageAnswers, RulesOfThumbEqualTheCommands) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  const Json printed = Json::parse(run_shown("--rules --json").out)["rules"];
  const Json totals = texts_of("#rules .total"), differences = texts_of("#rules .difference");
  ASSERT_EQ(totals.size(), 4U);
  for (std::size_t i = 0; i < totals.size(); ++i) {
    EXPECT_EQ(totals[i], shown_gib(printed[i]["total_bytes"]));
    const std::int64_t difference = printed[i]["difference_bytes"];
    EXPECT_THAT(std::string{differences[i]},
                HasSubstr(" by " + std::string{difference > 0 ? "+" : ""} + shown_gib(difference) + " "));
    for (const Json& reason : printed[i]["reasons"])
      EXPECT_THAT(text_of("#rules"), HasSubstr(reason["text"].get<std::string>()));
  }
}

TEST_F(PageAnswers, EachNumberIsExplainedAsTheCommandExplainsIt) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  browser->click("#explain summary");
  browser->wait_for("document.querySelector('#explanation li') !== null");
  const Json lines = texts_of("#explanation li");
  EXPECT_THAT(lines, SizeIs(Ge(4U)));
  const std::string printed = run_shown("--explain").out;
  for (const Json& line : lines) EXPECT_THAT(printed, HasSubstr(std::string{line}));
}

TEST_F(PageAnswers, AProfileGivesAnIntervalAsTheCommandDoes) {
  const std::string profile = std::string{CALIBRAM_SOURCE_DIR} + "/results/amd-epyc/profile.json";
  const ServedProgram calibrated{{"--profile", profile}};
  open("?model=qwen2-7b&prompt=4096&metric=rss", calibrated.address());
  const Json printed = shown_command_json();
  EXPECT_EQ(text_of("#interval"), "95 % interval " + shown_gib(printed["low_bytes"]) + " to " +
                                      shown_gib(printed["high_bytes"]) + "; 99 % bound " +
                                      shown_gib(printed["bound99_bytes"]));
  EXPECT_EQ(text_of("#total .figure"), shown_gib(printed["total_bytes"]));
  EXPECT_EQ(texts_of("#terms tbody td:nth-child(3)")[0],
            mib_text(Bytes{printed["term_deviations"]["weights"].get<std::int64_t>()}));
}

TEST_F(PageAnswers, AChosenFileIsAnsweredLikeItsPath) {
  const ScratchFolder folder;
  const auto file = folder.write("config.json", qwen2_7b);
  open("?model=llama-3.1-8b&prompt=4096&gpu=RTX+4090");
  browser->choose_file("#upload", file);
  browser->wait_for("document.querySelector('#model-input').value === 'config.json'");
  settle();
  EXPECT_THAT(text_of("#command"), StartsWith("calibram estimate config.json "));
  const Json printed = Json::parse(run_shown("--json", folder.path().string()).out);
  EXPECT_EQ(text_of("#total .figure"), shown_gib(printed["total_bytes"]));
}

TEST_F(PageAnswers, OfALargeGgufOnlyTheHeadIsSent) {
  const ScratchFolder folder;
  GgufModelWriter writer{"llama", 4, 4096, 128256};
  writer.rms()
      .heads(32, 8)
      .key("feed_forward_length", 14336)
      .each_layer([](GgufModelWriter& w, std::int64_t i) {
        w.norms(i, {"attn_norm.weight", "ffn_norm.weight"}).attention(i, 4096, 1024).mlp(i, 14336);
      });
  const auto file = folder.write("model.gguf", writer.header());
  if (!extend(file, Bytes{std::int64_t{4} << 30})) GTEST_SKIP() << "this file system makes no file of 4 GiB";
  open("?model=llama-3.1-8b&prompt=4096&gpu=RTX+4090&runtime=llama.cpp%40v0.5.0");
  browser->choose_file("#upload", file);
  browser->wait_for("document.querySelector('#model-input').value === 'model.gguf'");
  settle();
  const Json printed = Json::parse(run_shown("--json", folder.path().string()).out);
  EXPECT_EQ(text_of("#total .figure"), shown_gib(printed["total_bytes"]));
  EXPECT_EQ(text_of("#terms tbody td:nth-child(2)"), shown_gib(printed["terms"]["weights"]));
}

TEST_F(PageAnswers, ADroppedFileIsAnsweredOrRefusedWithAReason) {
  expects_refusals = true;
  const auto drop = [](const std::string& name, const std::string& content) {
    browser->evaluate("(() => { const held = new DataTransfer(); held.items.add(new File([" +
                      Json(content).dump() + "], " + Json(name).dump() +
                      ")); for (const type of ['dragenter', 'dragover', 'drop']) document.body.dispatchEvent("
                      "new DragEvent(type, {dataTransfer: held, bubbles: true, cancelable: true})); })()");
  };
  open("?model=llama-3.1-8b&prompt=4096&gpu=RTX+4090");
  drop("notes.json", "{\"no\": \"model\"}");
  browser->wait_for("document.querySelector('#upload-status.refusal') !== null");
  EXPECT_THAT(text_of("#upload-status"), StartsWith("No answer: "));
  EXPECT_EQ(browser->evaluate("document.querySelector('#model-input').value"), "llama-3.1-8b")
      << "the question stays";
  drop("config.json", qwen2_7b);
  browser->wait_for("document.querySelector('#model-input').value === 'config.json'");
  settle();
  EXPECT_EQ(text_of("#total .figure"),
            shown_gib(printed({"estimate", "qwen2-7b", "--prompt", "4096"})["total_bytes"]));
}

TEST_F(PageAnswers, SizesAreWrittenAsTheCommandWritesThem) {
  open();
  std::vector<std::int64_t> sizes = {0, 1, -1, 5368709, 5368710};
  for (std::int64_t eighth = -40; eighth <= 40; ++eighth) sizes.push_back(eighth * (std::int64_t{1} << 27));
  for (std::int64_t size = 3; size < std::int64_t{1} << 44; size = size * 7 / 3 + 11) sizes.push_back(size);
  const Json shown =
      browser->evaluate("import('/bytes.js').then(({gib}) => " + Json(sizes).dump() + ".map(gib))");
  for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(shown[i], gib_text(Bytes{sizes[i]})) << sizes[i];
}

TEST_F(PageAnswers, ADragAsksOnceAFrame) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  browser->events.clear();
  browser->evaluate(
      "(() => { const range = document.querySelector('#prompt-range');"
      "for (let i = 0; i < 25; ++i) { range.value = i; range.dispatchEvent(new Event('input')); } })()");
  settle();
  std::vector<std::string> asked;
  for (const Json& request : browser->named("Network.requestWillBeSent"))
    asked.push_back(request["request"]["url"]);
  const auto estimates = std::count_if(asked.begin(), asked.end(), [](const std::string& url) {
    return url.ends_with("gpu=RTX+4090") && url.find("/api/estimate?") != std::string::npos;
  });
  EXPECT_EQ(estimates, 1);
  EXPECT_THAT(asked, SizeIs(5)) << "and inverse answers, advice, rules and growth once each";
}

}  // namespace
}  // namespace calibram
