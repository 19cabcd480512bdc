// SPDX-License-Identifier: MIT
// Totals, differences and reasons as a table with sentences, and as JSON.
#include "bench/app/estimate/rules_report.hpp"

#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// "+1.20 GiB".
std::string signed_text(Bytes difference) {
  return (difference < Bytes{} ? "-" : "+") + gib_text(std::max(difference, Bytes{} - difference));
}

std::string totals_text(const std::vector<RuleBeside>& rules) {
  TextTable table{
      {{"rule of thumb"}, {"total", Align::right}, {"difference", Align::right}, {"ratio", Align::right}}};
  for (const RuleBeside& beside : rules) {
    if (beside.estimate)
      table.add_row({std::string{beside.rule}, gib_text(beside.estimate->total),
                     signed_text(beside.difference), fmt::format("{:.2f}", beside.ratio)});
    else
      table.add_row({std::string{beside.rule}, "", "", ""});
  }
  return table.text();
}

/// Why, or why there is nothing to compare.
std::string sentences(const RuleBeside& beside) {
  if (!beside.estimate) return fmt::format("\n{} cannot answer: {}\n", beside.rule, beside.unanswered);
  std::string text;
  for (const Reason& reason : beside.largest_reasons())
    text += fmt::format("  {:>12}  {}\n", signed_text(reason.difference), reason_text(reason));
  return text.empty() ? "" : fmt::format("\n{}:\n{}", beside.rule, text);
}

struct ValueJson {
  Json operator()(Bytes bytes) const { return bytes.count(); }
  Json operator()(std::int64_t number) const { return number; }
  Json operator()(double number) const { return number; }
  Json operator()(const std::string& text) const { return text; }
};

Json json_of(const Reason& reason) {
  Json values = Json::object();
  for (const auto& [name, value] : reason.values) values[std::string{name}] = std::visit(ValueJson{}, value);
  return {{"code", reason.code},
          {"term", reason.term ? Json(term_names[index_of(*reason.term)]) : Json(nullptr)},
          {"difference_bytes", reason.difference.count()},
          {"values", values},
          {"text", reason_text(reason)}};
}

Json json_of(const RuleBeside& beside) {
  Json reasons = Json::array(), terms = Json::object();
  for (const Reason& reason : beside.largest_reasons()) reasons.push_back(json_of(reason));
  const bool is_answered = beside.estimate.has_value();
  if (is_answered)
    for (std::size_t t = 0; t < term_count; ++t)
      if (const Bytes bytes = beside.estimate->terms[static_cast<Term>(t)]; bytes != Bytes{})
        terms[std::string{term_names[t]}] = bytes.count();
  return {{"rule", beside.rule},
          {"total_bytes", is_answered ? Json(beside.estimate->total.count()) : Json(nullptr)},
          {"difference_bytes", is_answered ? Json(beside.difference.count()) : Json(nullptr)},
          {"ratio", beside.ratio > 0 ? Json(beside.ratio) : Json(nullptr)},
          {"terms", terms},
          {"reasons", reasons},
          {"unanswered", is_answered ? Json(nullptr) : Json(beside.unanswered)}};
}

}  // namespace

std::string rules_text(const std::vector<RuleBeside>& rules) {
  const bool any = std::any_of(rules.begin(), rules.end(),
                               [](const RuleBeside& beside) { return beside.estimate.has_value(); });
  std::string text = "\nthe rules of thumb, and what they have more or less than the total above:\n";
  if (any) text += "\n" + totals_text(rules);
  for (const RuleBeside& beside : rules) text += sentences(beside);
  return text;
}

nlohmann::ordered_json rules_json(const std::vector<RuleBeside>& rules) {
  Json all = Json::array();
  for (const RuleBeside& beside : rules) all.push_back(json_of(beside));
  return all;
}

}  // namespace calibram
