// SPDX-License-Identifier: MIT
// The calculator's page by hand: whatever is typed, clicked, dragged and pressed, it shows what the command
// prints.
#include "src/core/bytes.hpp"
#include "tests/bench/app/serve/served_page.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Json = Browser::Json;

std::string shown_gib(const Json& bytes) { return gib_text(Bytes{bytes.get<std::int64_t>()}); }

class Page : public ServedPage {
 protected:
  /// Total, terms, verdict and hint beside what the shown command prints.
  static void expect_equal_to_the_command() {
    settle();
    const std::string command = text_of("#command");
    const Json printed = shown_command_json();
    EXPECT_EQ(text_of("#total .figure"), shown_gib(printed["total_bytes"])) << command;
    const Json sizes = browser->evaluate(
        "[...document.querySelectorAll('#terms tbody td:nth-child(2)')].map((c) => c.textContent)");
    ASSERT_EQ(sizes.size(), 6U);
    std::size_t i = 0;
    for (const char* term : {"weights", "kv_cache", "activation", "logits", "workspace", "constant"})
      EXPECT_EQ(sizes[i++], shown_gib(printed["terms"][term])) << command << ": " << term;
    expect_verdict(printed["fits"][0], command);
    for (const Json& change : printed["hint"]["changes"])
      EXPECT_THAT(text_of("#hint"), HasSubstr(shown_gib(change["saved_bytes"])));
    EXPECT_THAT(run_shown().out, HasSubstr(text_of("#total .figure")));
  }

  static void expect_verdict(const Json& card, const std::string& command) {
    if (!card["named"].get<bool>()) return;
    const bool fits = card["fits"];
    EXPECT_THAT(text_of("#verdict"), StartsWith(fits ? "Fits " : "Does not fit ")) << command;
    EXPECT_THAT(text_of("#verdict"),
                HasSubstr(shown_gib(fits ? card["headroom_bytes"]
                                         : Json(-card["headroom_bytes"].get<std::int64_t>()))));
  }
};

TEST_F(Page, AnswersAQuestionWithoutAnyHand) {
  open();
  EXPECT_THAT(text_of("#command"), StartsWith("calibram estimate llama-3.1-8b "));
  expect_equal_to_the_command();
}

TEST_F(Page, ATypedModelIsFoundAndAnswered) {
  open();
  type_into("#model-input", "Qwen2.5 32B");
  EXPECT_THAT(text_of("#model-list li.active"), StartsWith("qwen2.5-32b"));
  browser->press("Enter", 13);
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), HasSubstr("estimate qwen2.5-32b "));
}

TEST_F(Page, ArrowsAndEscapeMoveInTheListOfModels) {
  open();
  type_into("#model-input", "llama-3");
  const std::string first = text_of("#model-list li.active");
  browser->press("ArrowDown", 40);
  const std::string second = text_of("#model-list li.active");
  EXPECT_NE(first, second);
  browser->press("ArrowUp", 38);
  EXPECT_EQ(text_of("#model-list li.active"), first);
  browser->press("Escape", 27);
  EXPECT_EQ(browser->evaluate("document.querySelector('#model-list').hidden"), true);
  EXPECT_EQ(browser->evaluate("document.querySelector('#model-input').value"), "llama-3.1-8b")
      << "nothing was chosen";
}

TEST_F(Page, AClickedFormatIsAnswered) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  const std::string before = text_of("#total .figure");
  browser->click("#weights [data-value=awq-int4]");
  expect_equal_to_the_command();
  EXPECT_NE(text_of("#total .figure"), before);
  browser->click("#kv [data-value=int8]");
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), HasSubstr("--weights awq-int4 --kv int8"));
}

TEST_F(Page, ADraggedSliderIsAnswered) {
  open("?model=qwen2-7b&prompt=64&gpu=RTX+4090");
  browser->drag("#prompt-range", 0.35, 0.8);
  expect_equal_to_the_command();
  const std::string tokens = browser->evaluate("document.querySelector('#prompt-field').value");
  EXPECT_GT(std::stoi(tokens), 64);
  EXPECT_THAT(text_of("#command"), HasSubstr("--prompt " + tokens));
  browser->drag("#batch-range", 0.01, 0.4);
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), HasSubstr("--batch "));
}

TEST_F(Page, KeysMoveSlidersAndButtons) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  browser->evaluate("document.querySelector('#prompt-range').focus()");
  browser->press("ArrowRight", 39);
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), HasSubstr("--prompt 6144"));
  browser->evaluate("document.querySelector('#weights [aria-checked=true]').focus()");
  browser->press("ArrowRight", 39);
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), HasSubstr("--weights fp16"));
}

TEST_F(Page, AnyNumberOfTokensCanBeTyped) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  type_into("#prompt-field", "12345");
  type_into("#generate", "321");
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), HasSubstr("--prompt 12345 --generate 321"));
}

TEST_F(Page, ARuntimeComesWithItsVersion) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  for (const char* runtime : {"vllm", "transformers", "llama.cpp"}) {
    browser->evaluate("(() => { const s = document.querySelector('#runtime'); s.value = " +
                      Json(runtime).dump() + "; s.dispatchEvent(new Event('change')); })()");
    expect_equal_to_the_command();
    EXPECT_THAT(text_of("#command"), HasSubstr(std::string{"--runtime "} + runtime + "@"));
  }
}

TEST_F(Page, ACardIsChosenByTypingOrAsMemory) {
  open("?model=qwen2-7b&prompt=4096");
  type_into("#card-input", "3060");
  browser->press("Enter", 13);
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#verdict"), HasSubstr("RTX 3060"));
  type_into("#capacity", "40GiB");
  browser->press("Enter", 13);
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), EndsWith("--capacity 40GiB"));
}

TEST_F(Page, ABareSizeIsAnsweredByARuleThatSaysSo) {
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  browser->click("#model-kind [data-value=size]");
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), StartsWith("calibram estimate 8B "));
  EXPECT_THAT(text_of("#interval"), HasSubstr("rule-1.2"));
  browser->click("#near button");
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#command"), Not(HasSubstr("8B ")));
}

TEST_F(Page, ALinkRestoresTheState) {
  const std::string state =
      "JSON.stringify([...document.querySelectorAll('#question input, #question select')].filter((f) => "
      "f.type !== 'file').map((f) => [f.id, f.value])"
      ".concat([...document.querySelectorAll('[aria-checked=true]')].map((b) => b.textContent), "
      "document.querySelector('#total').textContent))";
  open(
      "?model=qwen2.5-14b&runtime=vllm%400.19&weights=awq-int4&kv=fp8&batch=8&prompt=5000&generate=100&"
      "devices=2&split=tensor&gpu=RTX+3090");
  const Json first = browser->evaluate(state);
  browser->click("#kv [data-value='']");
  browser->drag("#batch-range", 0.3, 0.6);
  settle();
  const Json changed = browser->evaluate(state);
  EXPECT_NE(changed, first);
  browser->wait_for("!location.search.includes('kv=')");
  const std::string query = browser->evaluate("location.search");
  EXPECT_THAT(query, HasSubstr("split=tensor"));
  open();
  EXPECT_NE(browser->evaluate(state), changed);
  open(query);
  EXPECT_EQ(browser->evaluate(state), changed);
  expect_equal_to_the_command();
}

TEST_F(Page, ARefusalHidesTheAnswerBefore) {
  expects_refusals = true;
  open("?model=qwen2-7b&prompt=4096&gpu=RTX+4090");
  type_into("#model-input", "no-such-model");
  browser->press("Enter", 13);
  browser->wait_for("document.querySelector('#refusal .refusal') !== null");
  EXPECT_THAT(text_of("#refusal"), HasSubstr("unknown model 'no-such-model'"));
  EXPECT_EQ(browser->evaluate("document.querySelector('#total').checkVisibility() && "
                              "document.querySelector('#total').textContent !== ''"),
            false);
  EXPECT_EQ(browser->evaluate("getComputedStyle(document.querySelector('#verdict')).visibility"), "hidden");
  type_into("#model-input", "qwen2-7b");
  browser->press("Enter", 13);
  browser->wait_for("document.querySelector('#total .figure') !== null");
  expect_equal_to_the_command();
  EXPECT_THAT(text_of("#refusal"), IsEmpty());
}

}  // namespace
}  // namespace calibram
