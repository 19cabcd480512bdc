// SPDX-License-Identifier: MIT
// Lines, tables and JSON of fittings.
#include "bench/app/estimate/fits_report.hpp"

#include "src/core/text_table.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

std::string fitting_text(const Fitting& fitting) {
  const Bytes headroom = fitting.headroom();
  return fmt::format("{} {} ({}{})\n", fitting.fits() ? "fits" : "does not fit", fitting.capacity.gpu,
                     gib_text(fitting.fits() ? headroom : Bytes{} - headroom),
                     fitting.fits() ? " left" : " too much");
}

std::string set_aside_text(const std::vector<Fitting>& fittings) {
  const auto found = std::find_if(fittings.begin(), fittings.end(),
                                  [](const Fitting& fitting) { return fitting.set_aside > Bytes{}; });
  if (found == fittings.end()) return "";
  return fmt::format("{} of a card are set aside for the CUDA context; calibrate on the card to know it\n",
                     gib_text(found->set_aside));
}

std::string heading(int devices) {
  return devices == 1 ? "\non one card:\n\n" : fmt::format("\non each of {} cards:\n\n", devices);
}

std::string verdict(const CardSize& size) {
  const std::size_t fitting = size.fitting();
  if (fitting == size.cards.size()) return "yes";
  return fitting == 0 ? "no" : fmt::format("{} of {}", fitting, size.cards.size());
}

/// @param all  how many there are
std::string some_of(const std::vector<std::string>& names, std::size_t all) {
  const std::string text = fmt::format("{}", fmt::join(names, ", "));
  return all == names.size() ? text : fmt::format("{} and {} more", text, all - names.size());
}

/// Some cards of the size; where not all of them fit, the few that make the difference.
std::string cards_of(const CardSize& size) {
  constexpr std::size_t most_named = 3;
  const std::size_t all = size.cards.size(), fitting = size.fitting();
  if (fitting == 0 || fitting == all) return some_of(size.examples, all);
  const bool names_missing = all - fitting <= most_named;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most_named, names_missing ? all - fitting : fitting); ++i)
    names.push_back(size.cards[names_missing ? i : all - 1 - i].capacity.gpu);
  return names_missing ? "all but " + some_of(names, names.size()) : "only " + some_of(names, fitting);
}

std::string sizes_text(const std::vector<CardSize>& boundary) {
  TextTable table{{{"memory", Align::right}, {"fits"}, {"left, at least", Align::right}, {"cards"}}};
  for (const CardSize& size : boundary)
    table.add_row({fmt::format("{} GB", size.nominal_gb), verdict(size), gib_text(size.least_headroom()),
                   cards_of(size)});
  return table.text();
}

std::string cards_text(std::vector<Fitting> cards) {
  std::stable_sort(cards.begin(), cards.end(),
                   [](const Fitting& a, const Fitting& b) { return a.capacity.bytes < b.capacity.bytes; });
  TextTable table{{{"card"}, {"memory", Align::right}, {"fits"}, {"left", Align::right}}};
  for (const Fitting& card : cards)
    table.add_row({card.capacity.gpu, gib_text(card.capacity.bytes), card.fits() ? "yes" : "no",
                   gib_text(card.headroom())});
  return table.text();
}

/// In quotes, as a JSON document has it.
std::string json_text(const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(),
                                    [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  return is_plain ? '"' + text + '"' : Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_json(const Fitting& fitting, bool is_named, fmt::memory_buffer& text) {
  fmt::format_to(std::back_inserter(text), FMT_COMPILE(R"(
    {{
      "gpu": {},
      "named": {},
      "capacity_bytes": {},
      "set_aside_bytes": {},
      "fits": {},
      "headroom_bytes": {}
    }})"),
                 json_text(fitting.capacity.gpu), is_named, fitting.capacity.bytes.count(),
                 fitting.set_aside.count(), fitting.fits(), fitting.headroom().count());
}

}  // namespace

bool FitsReport::all_named_fit() const {
  return std::all_of(named.begin(), named.end(), [](const Fitting& fitting) { return fitting.fits(); });
}

std::string fits_text(const FitsReport& report, const std::vector<CardSize>& boundary, int devices) {
  std::string text;
  for (const Fitting& fitting : report.named) text += fitting_text(fitting);
  // Whoever named a card that holds it has the answer.
  const bool answers = !report.named.empty() && report.all_named_fit();
  const bool shows_cards = !report.cards.empty() && (report.lists_all || (!answers && !boundary.empty()));
  if (shows_cards)
    text += heading(devices) + (report.lists_all ? cards_text(report.cards) : sizes_text(boundary));
  if (shows_cards) text += "\n";
  if (shows_cards && devices == 1 && !boundary.empty() && boundary.back().fitting() == 0)
    text += "no known card holds it; --devices N spreads it over several\n";
  text += set_aside_text(shows_cards ? report.cards : report.named);
  return text;
}

std::string fits_json(const FitsReport& report) {
  if (report.named.empty() && report.cards.empty()) return "[]";
  fmt::memory_buffer text;
  const auto add = [&](const std::vector<Fitting>& fittings, bool is_named) {
    for (const Fitting& fitting : fittings) {
      text.push_back(text.size() == 0 ? '[' : ',');
      append_json(fitting, is_named, text);
    }
  };
  add(report.named, true);
  add(report.cards, false);
  return fmt::to_string(text) + "\n  ]";
}

}  // namespace calibram
