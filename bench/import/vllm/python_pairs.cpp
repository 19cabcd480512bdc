// SPDX-License-Identifier: MIT
// Follows brackets and quotes, for that is all the structure that is needed.
#include "bench/import/vllm/python_pairs.hpp"

#include <algorithm>
#include <optional>

namespace calibram {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string_view unquoted(std::string_view text) {
  const bool is_quoted =
      text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front();
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

/// Where in a text quotes and brackets are open.
class Nesting {
 public:
  void pass(char c) {
    if (quote_ != '\0') {
      if (c == quote_ && !is_escaped_) quote_ = '\0';
      is_escaped_ = c == '\\' && !is_escaped_;
    } else if (c == '\'' || c == '"') {
      quote_ = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth_;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth_;
    }
  }
  bool is_outside() const { return depth_ == 0 && quote_ == '\0'; }
  bool is_closed() const { return depth_ < 0; }

 private:
  int depth_ = 0;
  char quote_ = '\0';
  bool is_escaped_ = false;
};

std::optional<PythonPair> pair_of(std::string_view text) {
  const std::size_t at = text.find_first_of("=:");
  if (at == text.npos) return std::nullopt;
  const PythonPair pair{unquoted(trimmed(text.substr(0, at))), unquoted(trimmed(text.substr(at + 1)))};
  return pair.key.empty() ? std::nullopt : std::optional{pair};
}

}  // namespace

std::vector<PythonPair> python_pairs(std::string_view text) {
  std::vector<PythonPair> pairs;
  const auto add = [&](std::string_view piece) {
    if (const auto pair = pair_of(piece)) pairs.push_back(*pair);
  };
  text = trimmed(text);
  const bool has_bracket = text.starts_with('{') || text.starts_with("Namespace(");
  if (has_bracket) text.remove_prefix(text.find_first_of("{(") + 1);
  Nesting nesting;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    nesting.pass(text[i]);
    if (nesting.is_closed()) {
      add(text.substr(begin, i - begin));
      return pairs;
    }
    if (text[i] != ',' || !nesting.is_outside()) continue;
    add(text.substr(begin, i - begin));
    begin = i + 1;
  }
  if (nesting.is_outside() && !has_bracket) add(text.substr(begin));
  return pairs;
}

}  // namespace calibram
