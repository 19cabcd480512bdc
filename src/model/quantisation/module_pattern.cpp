// SPDX-License-Identifier: MIT
// Translates entries of module lists into globs, and matches these.
#include "src/model/quantisation/module_pattern.hpp"

#include "src/core/number.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace calibram {
namespace {

constexpr std::size_t longest_entry = 256;
constexpr std::size_t most_alternatives = 64;

/// What multimodal wrappers and other families call "model.".
constexpr std::array<std::string_view, 3> prefixes = {"model.language_model.", "language_model.model.",
                                                      "backbone."};

std::string canonical(std::string_view text) {
  for (const std::string_view prefix : prefixes)
    if (text.starts_with(prefix)) return "model." + std::string{text.substr(prefix.size())};
  return std::string{text};
}

/// Whether `text` is as the glob says, to its end. Goes back to the last star only: linear in practice,
/// quadratic at worst.
bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t]) && glob[g] != '*') {
      ++g, ++t;
    } else if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

/// Whether the dotted name `part` is somewhere in `name`, in whole components.
bool contains_components(std::string_view name, std::string_view part) {
  for (std::size_t at = name.find(part); at != std::string_view::npos; at = name.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    if ((at == 0 || name[at - 1] == '.') && (end == name.size() || name[end] == '.')) return true;
  }
  return false;
}

/// The digits after "layers.", and whether others may follow.
struct LayerNumber {
  std::int64_t number = 0;
  bool is_prefix = false;
};
std::optional<LayerNumber> layer_number(std::string_view text) {
  constexpr std::string_view word = "layers.";
  const std::size_t at = text.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + word.size());
  std::size_t digits = 0;
  while (digits < rest.size() && std::isdigit(static_cast<unsigned char>(rest[digits]))) ++digits;
  if (digits == 0 || digits > 9) return std::nullopt;
  const std::optional<std::int64_t> number = parse_integer(rest.substr(0, digits));
  if (!number) return std::nullopt;
  return LayerNumber{*number, rest.substr(digits).starts_with('*') && *number > 0};
}

/// Reads a regular expression into globs: literals, "\.", ".", ".*", ".+", "\d+", and alternatives in
/// parentheses, not nested.
class RegexReader {
 public:
  explicit RegexReader(std::string_view regex) : rest_{regex} {}

  /// Empty when there is something else in it.
  std::vector<std::string> globs() {
    if (rest_.starts_with('^')) rest_.remove_prefix(1);
    const bool to_end = rest_.ends_with('$');
    if (to_end) rest_.remove_suffix(1);
    std::vector<std::string> globs{""};
    while (!rest_.empty() && !globs.empty()) globs = rest_.front() == '(' ? group(globs) : item(globs);
    if (!to_end)  // Python's re.match asks for a beginning only
      for (std::string& glob : globs) glob += '*';
    return globs;
  }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  /// The glob of one literal or wildcard; empty for what is not understood.
  std::string next() {
    for (const std::string_view any : {".*?", ".*", ".+", "\\d+", "[0-9]+", "[^.]+", "[^.]*"})
      if (take(any)) return "*";
    if (take("\\.")) return ".";
    if (take("\\d") || take(".")) return "?";
    const char c = rest_.empty() ? '(' : rest_.front();
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') return {};
    rest_.remove_prefix(1);
    return {c};
  }

  std::vector<std::string> item(std::vector<std::string> globs) {
    const std::string text = next();
    if (text.empty() || rest_.starts_with('?') || rest_.starts_with('+') || rest_.starts_with('*')) return {};
    for (std::string& glob : globs) glob += text;
    return globs;
  }

  std::vector<std::string> group(const std::vector<std::string>& globs) {
    rest_.remove_prefix(1);
    take("?:");
    std::vector<std::string> alternatives{""};
    while (!take(")")) {
      if (take("|")) {
        alternatives.emplace_back();
        continue;
      }
      const std::string text = next();
      if (text.empty()) return {};
      alternatives.back() += text;
    }
    if (globs.size() * alternatives.size() > most_alternatives) return {};
    if (rest_.starts_with('?') || rest_.starts_with('+') || rest_.starts_with('*')) return {};
    std::vector<std::string> joined;
    for (const std::string& glob : globs)
      for (const std::string& alternative : alternatives) joined.push_back(glob + alternative);
    return joined;
  }

  std::string_view rest_;
};

}  // namespace

ModulePattern::ModulePattern(std::string glob, bool is_glob) : text_{canonical(glob)}, is_glob_{is_glob} {}

std::optional<std::vector<std::int64_t>> ModulePattern::layers(std::int64_t count) const {
  const std::optional<LayerNumber> named = layer_number(text_);
  if (!named) return std::nullopt;
  std::vector<std::int64_t> layers;
  std::int64_t first = named->number;
  for (std::int64_t width = 1; first < count; first *= 10, width *= 10) {
    for (std::int64_t i = first; i < std::min(first + width, count); ++i) layers.push_back(i);
    if (!named->is_prefix) break;
  }
  return layers;
}

bool ModulePattern::matches(std::string_view module) const {
  if (!is_glob_) return contains_components(module, text_);
  for (std::size_t end = module.size(); end != std::string_view::npos && end > 0;
       end = module.rfind('.', end - 1))
    if (glob_matches(text_, module.substr(0, end))) return true;
  return false;
}

std::vector<ModulePattern> module_patterns(std::string_view entry) {
  if (entry.size() > longest_entry || entry.empty()) return {};
  std::vector<ModulePattern> patterns;
  if (entry.starts_with("re:")) {
    for (std::string& glob : RegexReader{entry.substr(3)}.globs())
      patterns.emplace_back(std::move(glob), true);
    return patterns;
  }
  if (entry.ends_with(".weight")) entry.remove_suffix(7);
  while (!entry.empty() && entry.back() == '.') entry.remove_suffix(1);
  if (entry.empty()) return {};
  patterns.emplace_back(std::string{entry}, entry.find('*') != std::string_view::npos);
  return patterns;
}

}  // namespace calibram
