// SPDX-License-Identifier: MIT
// The calculator's page, served by the real program, in a browser that all tests of a file share.
#pragma once

#include "tests/bench/app/program.hpp"
#include "tests/support/browser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace calibram {

/// A running `calibram serve` on a port of its own; ends with SIGTERM, and well.
class ServedProgram {
 public:
  explicit ServedProgram(std::vector<std::string> flags = {}) {
    for (const char* word : {"0", "--port", "serve"}) flags.insert(flags.begin(), word);
    pid_ = program_.start(flags);
    constexpr int tries = 500;
    for (int i = 0; i < tries && !address_.ends_with('\n'); ++i, ::usleep(20'000))
      address_ = program_.folder().read(".out");
    if (!address_.ends_with('\n')) throw std::runtime_error{"no server: " + program_.folder().read(".err")};
    address_.pop_back();
  }
  ServedProgram(const ServedProgram&) = delete;
  ServedProgram& operator=(const ServedProgram&) = delete;
  ~ServedProgram() {
    ::kill(pid_, SIGTERM);
    const Outcome outcome = program_.wait_for(pid_);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }

  /// "http://127.0.0.1:12345/"
  const std::string& address() const { return address_; }

 private:
  Program program_;
  pid_t pid_ = -1;
  std::string address_;
};

class ServedPage : public testing::Test {
 protected:
  using Json = Browser::Json;

  static void SetUpTestSuite() {
    if (!Browser::program()) return;
    browser = std::make_unique<Browser>(*Browser::program());
    server = std::make_unique<ServedProgram>();
  }
  static void TearDownTestSuite() {
    browser.reset();
    server.reset();
  }

  void SetUp() override {
    if (!browser) GTEST_SKIP() << "no chromium in PATH; Debian has it as the package chromium";
    use_window(1280, 900);
  }

  void TearDown() override {
    if (!browser) return;
    for (const std::string& complaint : complaints()) ADD_FAILURE() << complaint;
  }

  static void use_window(int width, int height) {
    browser->call("Emulation.setDeviceMetricsOverride",
                  {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}});
  }

  /// Opens the page with a question in its address, in English, and waits for all answers.
  static void open(const std::string& query = "", const std::string& base = server->address()) {
    browser->open_address(base + query);
    browser->wait_for("performance.getEntriesByName('ready').length > 0");
    if (browser->evaluate("document.documentElement.lang") != "en") browser->click("#language");
    settle();
  }

  /// Waits until nothing is being asked.
  static void settle() {
    browser->wait_for(
        "document.querySelector('[aria-busy]') === null && document.querySelector('#total').textContent !== "
        "'' ||"
        "document.querySelector('.refusal') !== null");
  }

  static std::string text_of(const std::string& selector) {
    return browser->evaluate("document.querySelector(" + Json(selector).dump() + ").textContent");
  }

  static void type_into(const std::string& selector, const std::string& text) {
    browser->click(selector);
    browser->evaluate("document.querySelector(" + Json(selector).dump() + ").select()");
    browser->type(text);
  }

  /// Runs the command that the page shows, as a shell reads it.
  static Outcome run_shown(const std::string& more = "", const std::string& folder = ".") {
    const std::string path = std::filesystem::path{CALIBRAM_PROGRAM}.parent_path().string();
    return Program{"/bin/sh"}.run(
        {"-c", "cd '" + folder + "' && PATH='" + path + "':$PATH && " + text_of("#command") + " " + more});
  }
  static Json shown_command_json() { return Json::parse(run_shown("--json").out); }

  /// What went wrong in the page, and what it asked of others than its server.
  std::vector<std::string> complaints() const {
    std::vector<std::string> found;
    for (const char* event : {"Runtime.exceptionThrown", "Runtime.consoleAPICalled"})
      for (const Json& said : browser->named(event)) found.push_back(said.dump());
    for (const Json& entry : browser->named("Log.entryAdded"))
      if (!is_expected_refusal(entry["entry"])) found.push_back(entry.dump());
    for (const Json& request : browser->named("Network.requestWillBeSent"))
      if (const std::string url = request["request"]["url"]; !is_own(url)) found.push_back("asks for " + url);
    return found;
  }

  /// A browser logs every answer 400, which a test that provokes one expects.
  bool expects_refusals = false;

  static inline std::unique_ptr<Browser> browser;
  static inline std::unique_ptr<ServedProgram> server;

 private:
  bool is_expected_refusal(const Json& entry) const {
    return expects_refusals && entry["source"] == "network" &&
           entry["text"].get<std::string>().find(" 400 ") != std::string::npos;
  }
  static bool is_own(const std::string& url) {
    return url.starts_with("http://127.0.0.1:") || url.starts_with("data:");
  }
};

}  // namespace calibram
