// SPDX-License-Identifier: MIT
// Finds with one automaton which patterns a line has, and takes their groups.
#include "bench/import/line_patterns.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>

namespace calibram {
namespace {

constexpr std::size_t most_groups = 10;
constexpr std::int64_t automaton_bytes = 64 << 20;

RE2::Options options() {
  RE2::Options options{RE2::Quiet};
  options.set_encoding(RE2::Options::EncodingLatin1);  // a byte for a character: logs need not be UTF-8
  options.set_max_mem(automaton_bytes);
  return options;
}

bool ends_with_line(std::string_view text, std::string_view line) {
  return text.data() + text.size() == line.data() + line.size();
}

void take_groups(const RE2& expression, const LogLine& line, std::vector<Capture>& captures) {
  std::array<re2::StringPiece, most_groups + 1> groups;
  const int count = 1 + expression.NumberOfCapturingGroups();
  if (!expression.Match({line.text.data(), line.text.size()}, 0, line.text.size(), RE2::UNANCHORED,
                        groups.data(), count))
    return;
  for (const auto& [index, name] : expression.CapturingGroupNames()) {
    const re2::StringPiece& group = groups[static_cast<std::size_t>(index)];
    if (group.data() == nullptr) continue;
    const std::string_view text{group.data(), group.size()};
    if (line.has_end || !ends_with_line(text, line.text)) captures.push_back({name, text});
  }
}

}  // namespace

LineMatcher::LineMatcher(std::span<const LinePattern> table) : set_{options(), RE2::UNANCHORED} {
  for (const LinePattern& pattern : table) {
    auto expression = std::make_unique<const RE2>(pattern.expression, options());
    if (!expression->ok() || expression->NumberOfCapturingGroups() > static_cast<int>(most_groups) ||
        set_.Add(pattern.expression, nullptr) < 0)
      throw std::logic_error{std::string{"bad pattern "} + pattern.expression};
    expressions_.push_back(std::move(expression));
  }
  if (!set_.Compile()) throw std::logic_error{"the patterns need more memory"};
}

std::vector<Capture> LineMatcher::match(const LogLine& line) const {
  std::vector<Capture> captures;
  std::vector<int> found;
  RE2::Set::ErrorInfo error{};
  if (!set_.Match({line.text.data(), line.text.size()}, &found, &error)) {
    if (error.kind == RE2::Set::kNoError) return captures;
    found.resize(expressions_.size());  // the automaton grew too large for this line: try each
    std::iota(found.begin(), found.end(), 0);
  }
  std::sort(found.begin(), found.end());
  for (const int index : found) take_groups(*expressions_[static_cast<std::size_t>(index)], line, captures);
  return captures;
}

}  // namespace calibram
