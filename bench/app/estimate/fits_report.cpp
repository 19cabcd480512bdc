// SPDX-License-Identifier: MIT
// Lines, tables and JSON of fittings.
#include "bench/app/estimate/fits_report.hpp"

#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

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
void append_json(const std::string& value, std::string& text) {
  const bool is_plain = std::all_of(value.begin(), value.end(),
                                    [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (is_plain)
    text.append(1, '"').append(value).append(1, '"');
  else
    text += Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_json(const Fitting& fitting, bool is_named, std::string& text) {
  const auto add = [&](std::string_view key, std::string_view value) { text.append(key).append(value); };
  const auto add_bytes = [&](std::string_view key, Bytes bytes) {
    const fmt::format_int digits{bytes.count()};
    add(key, {digits.data(), digits.size()});
  };
  add("\n    {\n      \"gpu\": ", "");
  append_json(fitting.capacity.gpu, text);
  add(",\n      \"named\": ", is_named ? "true" : "false");
  add_bytes(",\n      \"capacity_bytes\": ", fitting.capacity.bytes);
  add_bytes(",\n      \"set_aside_bytes\": ", fitting.set_aside);
  add(",\n      \"fits\": ", fitting.fits() ? "true" : "false");
  add_bytes(",\n      \"headroom_bytes\": ", fitting.headroom());
  add("\n    }", "");
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
  constexpr std::size_t usual_size = 220;  // of one
  std::string text;
  text.reserve(usual_size * (report.named.size() + report.cards.size()));
  const auto add = [&](const std::vector<Fitting>& fittings, bool is_named) {
    for (const Fitting& fitting : fittings) {
      text += text.empty() ? '[' : ',';
      append_json(fitting, is_named, text);
    }
  };
  add(report.named, true);
  add(report.cards, false);
  text += "\n  ]";
  return text;
}

}  // namespace calibram
