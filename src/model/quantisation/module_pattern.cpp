// SPDX-License-Identifier: MIT
// Matches module names with the entries of lists.
#include "src/model/quantisation/module_pattern.hpp"

#include "src/core/number.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace calibram {
namespace {

constexpr std::size_t longest_entry = 256;
/// Instructions of all expressions together; the usual list takes a few hundred.
constexpr int largest_program = 4096;

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

/// An expression for the names that are canonical, where it begins with another prefix and that is literal.
std::string canonical_expression(std::string_view expression) {
  const std::string_view start = expression.starts_with('^') ? expression.substr(1) : expression;
  for (const std::string_view prefix : prefixes)
    for (const std::string& spelling : {std::string{prefix}, RE2::QuoteMeta(prefix)})
      if (start.starts_with(spelling)) return "model\\." + std::string{start.substr(spelling.size())};
  return std::string{expression};
}

}  // namespace

ModulePattern::ModulePattern(std::string_view glob, bool is_glob)
    : text_{canonical(glob)}, is_glob_{is_glob} {}

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

std::optional<ModulePattern> module_pattern(std::string_view entry) {
  if (entry.ends_with(".weight")) entry.remove_suffix(7);
  while (!entry.empty() && entry.back() == '.') entry.remove_suffix(1);
  if (entry.empty() || entry.size() > longest_entry) return std::nullopt;
  return ModulePattern{entry, entry.find('*') != std::string_view::npos};
}

bool ModuleExpressions::add(std::string_view expression) {
  if (expression.size() > longest_entry) return false;
  RE2::Options options{RE2::Quiet};
  options.set_encoding(RE2::Options::EncodingLatin1);  // a byte for a character: names are ASCII
  auto compiled = std::make_unique<const RE2>(canonical_expression(expression), options);
  if (!compiled->ok() || compiled->ProgramSize() > largest_program - size_) return false;
  size_ += compiled->ProgramSize();
  expressions_.push_back(std::move(compiled));
  return true;
}

bool ModuleExpressions::match(std::string_view module) const {
  return std::any_of(expressions_.begin(), expressions_.end(), [&](const auto& expression) {
    return expression->Match(module, 0, module.size(), RE2::ANCHOR_START, nullptr, 0);
  });
}

}  // namespace calibram
