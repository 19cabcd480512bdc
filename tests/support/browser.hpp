// SPDX-License-Identifier: MIT
// A headless Chromium that a test drives over a pipe, by the Chrome DevTools Protocol.
#pragma once

#include "tests/support/scratch.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace calibram {

class Browser {
 public:
  using Json = nlohmann::json;

  /// Where this machine has a Chromium; nothing for none. Ubuntu's is a stub that asks for a snap.
  static std::optional<std::string> program() {
    std::istringstream folders{std::getenv("PATH") != nullptr ? std::getenv("PATH") : ""};
    for (std::string folder; std::getline(folders, folder, ':');) {
      const std::string file = folder + "/chromium";
      if (::access(file.c_str(), X_OK) == 0) return file;
    }
    return std::nullopt;
  }

  explicit Browser(const std::string& file) {
    std::array<int, 2> commands{}, replies{};
    if (::pipe2(commands.data(), O_CLOEXEC) != 0 || ::pipe2(replies.data(), O_CLOEXEC) != 0)
      throw std::runtime_error{"no pipe"};
    pid_ = ::fork();
    if (pid_ == 0) {
      become(file, commands[0], replies[1]);
      ::_exit(127);
    }
    ::close(commands[0]);
    ::close(replies[1]);
    commands_ = commands[1];
    replies_ = replies[0];
    attach();
  }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  ~Browser() {
    ::close(commands_);  // the end of its commands ends it
    ::close(replies_);
    for (int tries = 0; tries < 50; ++tries, ::usleep(100'000))
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  /// The result of one command to the page. @throws std::runtime_error when the browser refuses or is gone
  Json call(const std::string& method, Json parameters = Json::object()) {
    Json command = {{"id", ++last_id_}, {"method", method}, {"params", std::move(parameters)}};
    if (!session_.empty()) command["sessionId"] = session_;
    const std::string text = command.dump() + '\0';
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t written = ::write(commands_, text.data() + done, text.size() - done);
      if (written <= 0) throw std::runtime_error{"the browser takes no commands"};
      done += static_cast<std::size_t>(written);
    }
    for (;;) {
      Json message = next_message();
      if (message.value("id", 0) != last_id_) {
        events.push_back(std::move(message));
        continue;
      }
      if (message.contains("error")) throw std::runtime_error{method + ": " + message["error"].dump()};
      return message["result"];
    }
  }

  /// Opens a file and waits until it is loaded. Events of pages before are forgotten.
  void open(const std::filesystem::path& file) { open_address("file://" + file.string()); }

  /// The same for any address.
  void open_address(const std::string& address) {
    events.clear();
    call("Page.navigate", {{"url", address}});
    while (named("Page.loadEventFired").empty()) events.push_back(next_message());
  }

  /// The value of an expression in the page.
  Json evaluate(const std::string& expression) {
    const Json result = call("Runtime.evaluate",
                             {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
    if (result.contains("exceptionDetails")) throw std::runtime_error{result["exceptionDetails"].dump()};
    return result["result"].value("value", Json{});
  }

  /// Presses and releases a key that types nothing, or a line end.
  void press(const std::string& key, int code) {
    Json event = {{"type", "keyDown"}, {"key", key}, {"code", key}, {"windowsVirtualKeyCode", code}};
    if (key == "Enter") event["text"] = "\r";
    call("Input.dispatchKeyEvent", event);
    event["type"] = "keyUp";
    event.erase("text");
    call("Input.dispatchKeyEvent", event);
  }

  /// Waits until an expression in the page is true. @throws std::runtime_error after half a minute
  void wait_for(const std::string& expression) {
    constexpr int tries = 1500;
    for (int i = 0; i < tries; ++i, ::usleep(20'000))
      if (evaluate("Boolean(" + expression + ")") == true) return;
    throw std::runtime_error{"in vain: " + expression};
  }

  /// Where an element is: {x, y, width, height} in the window, into which it is scrolled.
  Json box_of(const std::string& selector) {
    Json box = evaluate("(() => { const e = document.querySelector(" + Json(selector).dump() +
                        "); e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();" +
                        "return {x: b.x, y: b.y, width: b.width, height: b.height}; })()");
    if (box["width"] == 0) throw std::runtime_error{selector + " is not to be seen"};
    return box;
  }

  void mouse(const std::string& type, double x, double y) {
    call("Input.dispatchMouseEvent",
         {{"type", type}, {"x", x}, {"y", y}, {"button", "left"}, {"buttons", 1}, {"clickCount", 1}});
  }

  /// Clicks the middle of an element.
  void click(const std::string& selector) { drag(selector, 0.5, 0.5); }

  /// Presses the mouse on an element at a part of its width, moves it to another and lets it go.
  void drag(const std::string& selector, double from, double to) {
    const Json box = box_of(selector);
    const double left = box["x"], width = box["width"],
                 y = box["y"].get<double>() + box["height"].get<double>() / 2;
    mouse("mousePressed", left + from * width, y);
    constexpr int moves = 12;
    for (int i = 1; i <= moves && from != to; ++i)
      mouse("mouseMoved", left + (from + (to - from) * i / moves) * width, y);
    mouse("mouseReleased", left + to * width, y);
  }

  /// Types into what has the focus.
  void type(const std::string& text) { call("Input.insertText", {{"text", text}}); }

  /// Gives a file to an <input type="file">.
  void choose_file(const std::string& selector, const std::filesystem::path& file) {
    const Json document = call("DOM.getDocument");
    const Json field =
        call("DOM.querySelector", {{"nodeId", document["root"]["nodeId"]}, {"selector", selector}});
    call("DOM.setFileInputFiles", {{"nodeId", field["nodeId"]}, {"files", {file.string()}}});
  }

  /// What was reported under this name since the last open().
  std::vector<Json> named(const std::string& method) const {
    std::vector<Json> found;
    for (const Json& event : events)
      if (event.value("method", "") == method) found.push_back(event["params"]);
    return found;
  }

  std::vector<Json> events;

 private:
  void become(const std::string& file, int commands, int replies) const {
    // Away from 3 and 4 first, which it reads and writes.
    const int in = ::fcntl(commands, F_DUPFD, 10), out = ::fcntl(replies, F_DUPFD, 10);
    ::dup2(in, 3);
    ::dup2(out, 4);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int standard : {0, 1, 2}) ::dup2(nothing, standard);
    ::setenv("HOME", folder_.path().c_str(), 1);
    const std::string data = "--user-data-dir=" + (folder_.path() / "data").string();
    // No sandbox: root has none, nor have many containers, and the page is our own.
    ::execl(file.c_str(), file.c_str(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe", data.c_str(),
            "about:blank", nullptr);
  }

  void attach() {
    Json page;
    while (page.is_null()) {
      const Json targets = call("Target.getTargets");
      for (const Json& target : targets["targetInfos"])
        if (target["type"] == "page") page = target["targetId"];
    }
    session_ = call("Target.attachToTarget", {{"targetId", page}, {"flatten", true}})["sessionId"];
    for (const char* domain : {"Page", "Runtime", "Log", "Network"}) call(domain + std::string{".enable"});
  }

  /// Messages end with a zero byte. A minute of silence is a failure.
  Json next_message() {
    for (;;) {
      if (const std::size_t end = received_.find('\0'); end != std::string::npos) {
        Json message = Json::parse(received_.substr(0, end));
        received_.erase(0, end + 1);
        return message;
      }
      pollfd waiting{replies_, POLLIN, 0};
      std::array<char, 65536> buffer{};
      const ssize_t count =
          ::poll(&waiting, 1, 60'000) > 0 ? ::read(replies_, buffer.data(), buffer.size()) : 0;
      if (count <= 0) throw std::runtime_error{"the browser is silent"};
      received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

  ScratchFolder folder_;
  pid_t pid_ = -1;
  int commands_ = -1, replies_ = -1;
  int last_id_ = 0;
  std::string session_, received_;
};

}  // namespace calibram
