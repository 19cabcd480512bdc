// SPDX-License-Identifier: MIT
// The real `calibram serve` in a child, and questions to it as a browser asks them.
#pragma once

#include "tests/bench/app/program.hpp"
#include "tests/bench/serve/http_client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace calibram {

struct HttpAnswer {
  int status = 0;
  std::string header, body;
};

/// Everything but letters and digits as %XX.
inline std::string encoded(std::string_view text) {
  std::string code;
  for (const char c : text)
    code += std::isalnum(static_cast<unsigned char>(c)) != 0
                ? std::string(1, c)
                : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return code;
}

/// "model=qwen2-7b&prompt=4096&max-context=1" of the words behind a verb: qwen2-7b --prompt 4096
/// --max-context.
inline std::string query_of(const std::vector<std::string>& arguments) {
  std::string query = "model=" + encoded(arguments.front());
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const bool has_value = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
    query += "&" + arguments[i].substr(2) + "=" + (has_value ? encoded(arguments[i + 1]) : "1");
    i += has_value ? 1 : 0;
  }
  return query;
}

/// A server on a port of its own, with a scratch folder as working folder and home.
class Serving {
 public:
  explicit Serving(const std::vector<std::string>& flags = {}, const std::string& data_home = "") {
    if (!data_home.empty()) program_.set("XDG_DATA_HOME", data_home);
    std::vector<std::string> arguments = {"serve", "--port", "0"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    pid_ = program_.start(arguments);
    std::string line;  // http://127.0.0.1:PORT/
    for (int tries = 0; tries < 2000 && line.find('\n') == line.npos; ++tries, ::usleep(10'000))
      line = program_.folder().read(".out");
    const std::size_t colon = line.rfind(':');
    EXPECT_NE(colon, line.npos) << "no server: " << program_.folder().read(".err");
    if (colon != line.npos) port_ = static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
  }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  ~Serving() {
    if (pid_ > 0) stop();
  }

  const ScratchFolder& folder() const { return program_.folder(); }
  std::uint16_t port() const { return port_; }

  HttpAnswer get(const std::string& target) const { return ask("GET", target, ""); }
  HttpAnswer post(const std::string& target, const std::string& body) const {
    return ask("POST", target, body);
  }
  HttpAnswer ask(const std::string& method, const std::string& target, const std::string& body) const {
    RawClient client{port_};
    client.send(fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", method, target,
                            body.size()));
    client.send(body);
    return answer_of(client.receive(method == "HEAD"));
  }

  /// Of the server, now.
  std::int64_t resident_kib() const {
    std::ifstream status{fmt::format("/proc/{}/status", pid_)};
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
    ADD_FAILURE() << "no VmRSS";
    return 0;
  }

  static HttpAnswer answer_of(const std::string& text) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == text.npos) return {};
    return {std::stoi(text.substr(9, 3)), text.substr(0, end + 2), text.substr(end + 4)};
  }

  void tell_to_stop() const { ::kill(pid_, SIGTERM); }
  Outcome wait() { return program_.wait_for(std::exchange(pid_, -1)); }
  Outcome stop() {
    tell_to_stop();
    return wait();
  }

 private:
  Program program_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace calibram
