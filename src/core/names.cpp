// SPDX-License-Identifier: MIT
// Nearest names by edit distance, swapped neighbours counting as one edit.
#include "src/core/names.hpp"

#include "src/core/printable.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace calibram {
namespace {

// A longer text is no misspelt name, and the distance costs the product of the lengths.
constexpr std::size_t longest_name = 100;
constexpr std::size_t most_suggestions = 3;

/// Optimal string alignment distance (Damerau 1964, each pair edited once at most).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({changed, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

/// Edits between the names; a name that merely goes on where the other stops is as near as one edit.
std::size_t distance(const std::string& name, const std::string& candidate) {
  constexpr std::size_t telling_prefix = 3;
  if (name.size() >= telling_prefix && candidate.starts_with(name)) return 1;
  return edit_distance(name, candidate);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string_view> known) {
  if (name.empty() || name.size() > longest_name) return {};
  const std::string wanted = lower_case(name);
  const std::size_t tolerated = std::max<std::size_t>(1, wanted.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (std::string_view candidate : known) {
    const std::size_t edits = distance(wanted, lower_case(candidate));
    if (edits <= tolerated) near.emplace_back(edits, candidate);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  near.resize(std::min(near.size(), most_suggestions));
  std::vector<std::string> names;
  for (auto& [edits, candidate] : near) names.push_back(std::move(candidate));
  return names;
}

InputError unknown_name(std::string_view kind, std::string_view name, std::span<const std::string_view> known,
                        std::string_view remedy) {
  const std::vector<std::string> near = nearest_names(name, known);
  std::string reason;
  if (!near.empty()) reason = fmt::format("did you mean '{}'?", fmt::join(near, "' or '"));
  std::string advice{remedy};
  if (advice.empty()) advice = "the known ones are " + joined(known);
  return InputError{fmt::format("unknown {} {}", kind, in_quotes(name)), reason, advice};
}

std::string joined(std::span<const std::string_view> words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words.begin(), words.end(), separator));
}

}  // namespace calibram
