// SPDX-License-Identifier: MIT
// Cards by the names that people and drivers give them, whatever the case, the blanks and the maker's words.
#include "src/core/names.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"
#include "src/core/words.hpp"
#include "src/engine/gpu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace calibram {
namespace {

using Words = std::vector<std::string>;

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

struct Run {
  std::string text;
  bool is_glued = false;  ///< to the run before it, as the 4 of "SXM4"
};

/// Runs of letters and runs of digits: "rtx4090" and "RTX 4090" have the same.
std::vector<Run> runs_of(std::string_view name) {
  std::vector<Run> runs;
  const auto kind_of = [](char c) { return is_digit(c) ? 2 : is_letter(c) ? 1 : 0; };
  int before = 0;
  for (const char c : name) {
    const int kind = kind_of(c);
    if (kind != 0 && kind != before) runs.push_back({"", before != 0});
    if (kind != 0) runs.back().text += c;
    before = kind;
  }
  return runs;
}

/// What tells no card from another.
bool is_filler(std::string_view word) {
  constexpr std::array<std::string_view, 20> fillers = {
      "nvidia",   "geforce", "rtx",     "gtx",         "tesla",  "blackwell", "generation",
      "amd",      "radeon",  "rx",      "instinct",    "intel",  "arc",       "apple",
      "graphics", "gpu",     "edition", "workstation", "server", "hbm"};
  return std::find(fillers.begin(), fillers.end(), word) != fillers.end();
}

/// The words that tell a card from others, sorted; "80g" is "80gb", and "SXM4" any SXM.
Words words_of(std::string_view name) {
  Words words;
  std::string before;
  for (const auto& [text, is_glued] : runs_of(lower_case(name))) {
    const bool is_version = is_glued && is_digit(text[0]) && (before == "sxm" || before == "hbm");
    const bool is_unit = !before.empty() && is_digit(before[0]) && (text == "g" || text == "gib");
    if (!is_version && !is_filler(text)) words.push_back(is_unit ? "gb" : text);
    before = text;
  }
  std::sort(words.begin(), words.end());
  return words;
}

std::vector<std::string_view> all_names(const Gpu& gpu) {
  std::vector<std::string_view> names = split(gpu.aliases, ',');
  names.insert(names.begin(), gpu.name);
  return names;
}

/// The words of each of its names.
std::vector<Words> words_of_names(const Gpu& gpu) {
  std::vector<Words> words;
  for (const std::string_view name : all_names(gpu)) words.push_back(words_of(name));
  return words;
}

struct CalledGpu {
  const Gpu* gpu;
  std::vector<Words> names;
};

/// Taken apart once, since a server is asked for cards thousands of times a second.
const std::vector<CalledGpu>& called_gpus() {
  static const std::vector<CalledGpu> called = [] {
    std::vector<CalledGpu> all;
    for (const Gpu& gpu : gpus()) all.push_back({&gpu, words_of_names(gpu)});
    return all;
  }();
  return called;
}

bool is_called(const CalledGpu& called, const Words& words) {
  return std::find(called.names.begin(), called.names.end(), words) != called.names.end();
}

bool has_words(const std::vector<Words>& names, const Words& words) {
  return std::any_of(names.begin(), names.end(), [&](const Words& name) {
    return std::includes(name.begin(), name.end(), words.begin(), words.end());
  });
}

std::vector<const Gpu*> cards_meant(const Words& words) {
  std::vector<const Gpu*> meant;
  if (words.empty()) return meant;
  for (const CalledGpu& called : called_gpus())
    if (is_called(called, words)) return {called.gpu};
  for (const CalledGpu& called : called_gpus())
    if (has_words(called.names, words)) meant.push_back(called.gpu);
  return meant;
}

constexpr const char* where_the_list_is = "run `calibram gpus` for the list";

InputError several_cards(std::string_view name, const std::vector<const Gpu*>& meant) {
  constexpr std::size_t most_listed = 8;
  std::vector<std::string_view> names;
  for (const Gpu* gpu : meant)
    if (names.size() < most_listed) names.push_back(gpu->name);
  std::string list = joined(names);
  if (meant.size() > most_listed) list += fmt::format(" and {} more", meant.size() - most_listed);
  return InputError{fmt::format("card {} is ambiguous", in_quotes(name)), "it may be " + list,
                    "write one of these names, or " + std::string{where_the_list_is}};
}

/// Suggests full names, and "4090" for "4099".
InputError unknown_card(std::string_view name) {
  Words short_names;
  for (const Gpu& gpu : gpus())
    if (const std::size_t blank = gpu.name.find(' '); blank != gpu.name.npos)
      short_names.emplace_back(gpu.name.substr(blank + 1));
  std::vector<std::string_view> known;
  for (const Gpu& gpu : gpus()) known.push_back(gpu.name);
  known.insert(known.end(), short_names.begin(), short_names.end());
  return unknown_name("card", name, known, where_the_list_is);
}

}  // namespace

const Gpu& gpu_named(std::string_view name) {
  const std::vector<const Gpu*> meant = cards_meant(words_of(name));
  if (meant.empty()) throw unknown_card(name);
  if (meant.size() > 1) throw several_cards(name, meant);
  return *meant.front();
}

bool matches(const Gpu& gpu, std::string_view text) {
  const std::string wanted = lower_case(text);
  const auto has_text = [&](std::string_view name) {
    return lower_case(name).find(wanted) != std::string::npos;
  };
  if (has_text(gpu.name) || has_text(name_of(gpu.vendor)) || has_text(name_of(gpu.kind))) return true;
  const Words words = words_of(text);
  return !words.empty() && has_words(words_of_names(gpu), words);
}

}  // namespace calibram
