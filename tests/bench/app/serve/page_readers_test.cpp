// SPDX-License-Identifier: MIT
// The calculator's page for all its readers: in Chinese, on a phone, in the dark, by keyboard, offline.
#include "bench/calculator/advice/cost.hpp"
#include "bench/calculator/rules/reason.hpp"
#include "src/engine/metric.hpp"
#include "src/engine/term.hpp"
#include "tests/bench/app/serve/served_page.hpp"

#include <gmock/gmock.h>

#include <regex>
#include <set>

namespace calibram {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Json = Browser::Json;

const char* const short_of_memory = "?model=qwen2.5-32b&prompt=32768&gpu=RTX+4090";

class PageReaders : public ServedPage {
 protected:
  static Json texts() {
    return browser->evaluate(
        "Promise.all([import('/texts_en.js'), import('/texts_zh.js')]).then(([{english}, {chinese}]) => "
        "({en: english.texts, zh: chinese.texts}))");
  }

  static void use_chinese() {
    browser->click("#language");
    settle();
  }

  /// What has the keyboard's focus.
  static std::string focused() {
    return browser->evaluate(
        "(() => { const e = document.activeElement; return e.id || e.className || e.textContent || "
        "e.tagName; })()");
  }
};

TEST_F(PageReaders, ChineseSaysAllThatEnglishSays) {
  open();
  const Json all = texts();
  const std::string names = "/\\{\\w+\\}/g";
  for (const auto& [key, text] : all["en"].items()) EXPECT_TRUE(all["zh"].contains(key)) << key;
  for (const auto& [key, text] : all["zh"].items()) EXPECT_TRUE(all["en"].contains(key)) << key;
  EXPECT_THAT(
      browser->evaluate("Promise.all([import('/texts_en.js'), import('/texts_zh.js')]).then(([{english}, "
                        "{chinese}]) => Object.keys(english.texts).filter((key) => {"
                        "const values = (text) => JSON.stringify((text.match(" +
                        names +
                        ") ?? []).sort());"
                        "return values(english.texts[key]) !== values(chinese.texts[key] ?? ''); }))"),
      IsEmpty())
      << "a value is left out";
}

TEST_F(PageReaders, EveryNameOfTheProgramHasWords) {
  open();
  const Json english = texts()["en"];
  for (std::size_t i = 0; i < cost_class_count; ++i)
    EXPECT_TRUE(english.contains("cost." + std::string{words_of(static_cast<CostClass>(i)).name}));
  for (const std::string_view metric : metric_names)
    EXPECT_TRUE(english.contains("metric." + std::string{metric})) << metric;
  for (const std::string_view term : term_names)
    EXPECT_TRUE(english.contains("term." + std::string{term})) << term;
}

TEST_F(PageReaders, InChineseNothingIsLeftInEnglish) {
  open(short_of_memory);
  const Json before = browser->evaluate("document.querySelector('#total .figure').textContent");
  use_chinese();
  EXPECT_EQ(browser->evaluate("document.documentElement.lang"), "zh-CN");
  EXPECT_EQ(browser->evaluate("document.querySelector('#total .figure').textContent"), before);
  EXPECT_THAT(text_of("#verdict"), HasSubstr("放不下"));
  EXPECT_THAT(text_of(".plan"), HasSubstr("质量"));
  EXPECT_THAT(browser->evaluate("[...document.querySelectorAll('#answer [lang=en], #advice [lang=en], "
                                "#inverse [lang=en]')].map((e) => e.textContent)"),
              IsEmpty());
  // A key without a text would be shown as it is.
  EXPECT_THAT(
      browser->evaluate("document.body.innerText.match(/\\b[a-z]+\\.[a-z]+(?:-[a-z]+)?\\b/g)?.filter((w) => "
                        "!/^(llama\\.cpp|config\\.json|readme\\.md)$/.test(w)) ?? []"),
      IsEmpty());
  use_chinese();
  EXPECT_EQ(browser->evaluate("document.documentElement.lang"), "en");
}

TEST_F(PageReaders, EveryReasonOfTheRulesHasItsChinese) {
  open();
  const Json chinese = browser->evaluate("import('/reasons_zh.js').then(({reasons}) => reasons)");
  EXPECT_EQ(chinese.size(), reason_kinds.size()) << "there are words for a reason that is none";
  const auto values_in = [](const std::string& text) {
    static const std::regex named{R"(\{\w+\})"};
    return std::set<std::string>{std::sregex_token_iterator{text.begin(), text.end(), named}, {}};
  };
  for (const ReasonKind& kind : reason_kinds) {
    ASSERT_TRUE(chinese.contains(kind.code)) << kind.code;
    EXPECT_EQ(values_in(chinese[std::string{kind.code}]), values_in(std::string{kind.text})) << kind.code;
  }
}

TEST_F(PageReaders, RulesOfThumbAreExplainedInChinese) {
  open();
  use_chinese();
  for (const char* query : {"?model=qwen2-7b&prompt=4096", "?model=deepseek-v3&prompt=4096&weights=awq-int4",
                            "?model=gemma-3-27b&prompt=65536&kv=int8",
                            "?model=qwen2.5-72b&batch=4&prompt=4096&runtime=vllm%400.19",
                            "?model=llama-3.1-8b&prompt=4096&runtime=llama.cpp%40v0.5.0&weights=q4_k&kv=q8_0",
                            "?model=qwen2-7b&prompt=4096&runtime=transformers%404.38"}) {
    browser->open_address(server->address() + query);
    browser->wait_for("performance.getEntriesByName('ready').length > 0");
    settle();
    EXPECT_GE(browser->evaluate("document.querySelectorAll('#rules li').length"), 4) << query;
    EXPECT_THAT(
        browser->evaluate("[...document.querySelectorAll('#rules [lang=en]')].map((e) => e.textContent)"),
        IsEmpty())
        << query;
    EXPECT_THAT(text_of("#rules"), Not(HasSubstr("{"))) << "a value without a number";
  }
  use_chinese();
}

TEST_F(PageReaders, APhoneNeedsNoScrollingSideways) {
  for (const int width : {320, 360, 768}) {
    use_window(width, 740);
    open(short_of_memory);
    for (int language = 0; language < 2; ++language) {
      EXPECT_LE(browser->evaluate("document.documentElement.scrollWidth"), width);
      EXPECT_EQ(browser->evaluate("[...document.querySelectorAll('button, input, select')].filter((e) => "
                                  "e.checkVisibility() && !e.closest('.table') &&"
                                  "(e.getBoundingClientRect().right > innerWidth + 1 || "
                                  "e.getBoundingClientRect().left < 0)).map((e) => e.id || e.textContent)"),
                Json::array());
      use_chinese();
    }
  }
  EXPECT_EQ(text_of("#summary-total"), text_of("#total .figure"));
}

TEST_F(PageReaders, ColoursFollowTheSystemUntilTheReaderChooses) {
  const auto ground = [] { return browser->evaluate("getComputedStyle(document.body).backgroundColor"); };
  const auto system = [](const char* scheme) {
    browser->call("Emulation.setEmulatedMedia",
                  {{"features", {{{"name", "prefers-color-scheme"}, {"value", scheme}}}}});
  };
  system("light");
  open();
  const Json light = ground();
  system("dark");
  browser->wait_for("document.documentElement.dataset.theme === 'dark'");
  const Json dark = ground();
  EXPECT_NE(dark, light);
  browser->click("#theme");
  EXPECT_EQ(ground(), light);
  open();
  EXPECT_EQ(ground(), light) << "the choice is remembered";
  browser->evaluate("localStorage.clear()");
  system("light");
}

TEST_F(PageReaders, TabReachesEveryControlAndTheEnd) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  browser->evaluate("document.activeElement.blur()");
  std::vector<std::string> reached;
  const std::string last = "document.activeElement.getAttribute('href') === '/licences.txt'";
  constexpr int most = 400;
  for (int i = 0; i < most && !browser->evaluate(last).get<bool>(); ++i) {
    browser->press("Tab", 9);
    reached.push_back(focused());
    if (!browser->evaluate("document.activeElement.matches(':focus-visible')").get<bool>())
      ADD_FAILURE() << reached.back() << " has no visible focus";
  }
  EXPECT_EQ(browser->evaluate(last), true);
  for (const char* control :
       {"language", "theme", "model-input", "upload-button", "prompt-field", "prompt-range", "batch-range",
        "generate", "card-input", "capacity", "runtime", "copy", "card-search"})
    EXPECT_THAT(reached, Contains(control));
}

TEST_F(PageReaders, EveryControlHasAName) {
  open(short_of_memory);
  const Json tree = browser->call("Accessibility.getFullAXTree");
  const std::set<std::string> roles = {"button", "combobox",   "textbox", "spinbutton",
                                       "slider", "checkbox",   "radio",   "searchbox",
                                       "link",   "radiogroup", "listbox", "ComboBoxSelect"};
  int controls = 0;
  for (const Json& node : tree["nodes"]) {
    if (node["ignored"].get<bool>() || !roles.contains(node["role"]["value"].get<std::string>())) continue;
    ++controls;
    EXPECT_NE(node["name"].value("value", ""), "") << node.dump();
  }
  EXPECT_GT(controls, 40);
}

TEST_F(PageReaders, NoScriptOrStyleOfOthersIsAllowed) {
  open();
  std::string policy;
  for (const Json& response : browser->named("Network.responseReceived"))
    if (response["type"] == "Document")
      for (const auto& [name, value] : response["response"]["headers"].items())
        if (name == "Content-Security-Policy" || name == "content-security-policy") policy = value;
  EXPECT_THAT(policy, AllOf(HasSubstr("default-src 'none'"), HasSubstr("script-src 'self'"),
                            HasSubstr("connect-src 'self'"), Not(HasSubstr("unsafe"))));
}

}  // namespace
}  // namespace calibram
