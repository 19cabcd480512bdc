// SPDX-License-Identifier: MIT
// Advice as one JSON document.
#include "bench/app/advise/advise_report.hpp"

#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

/// What a question needs; all null where that is not known.
void add_need(Json& object, const AdviceReport& report, const std::optional<Need>& need) {
  object["needed_bytes"] = need ? Json(need->fitting.needed.count()) : Json(nullptr);
  object["total_bytes"] = need ? Json(need->on_card.estimate()->total.count()) : Json(nullptr);
  object["host_bytes"] = need ? Json(need->on_card.on_host().count()) : Json(nullptr);
  object["fits"] = need ? Json(need->fitting.fits()) : Json(nullptr);
  object["headroom_bytes"] = need ? Json(need->fitting.headroom().count()) : Json(nullptr);
  object["commands"] = need ? Json(commands_of(report, need->on_card)) : Json::array();
}

Json json_of(const AdviceReport& report, const AdviceRow& row) {
  Json object = {{"kind", row.kind}, {"name", text_or_null(row.name)}};
  const bool is_remedy = !row.name.empty();
  object["cost_class"] = is_remedy ? Json(words_of(row.cost).name) : Json(nullptr);
  object["cost"] = is_remedy ? Json(words_of(row.cost).words) : Json(nullptr);
  object["saves_bytes"] = row.need ? Json(row.saves.count()) : Json(nullptr);
  add_need(object, report, row.need);
  object["reason"] = text_or_null(row.absence);
  return object;
}

Json json_of(const AdviceReport& report, const std::optional<Plan>& plan) {
  if (!plan) return nullptr;
  Json object = {{"steps", Json::array()}};
  for (const PlanStep& step : plan->steps)
    object["steps"].push_back({{"name", step.name},
                               {"cost_class", words_of(step.cost).name},
                               {"cost", words_of(step.cost).words},
                               {"saves_bytes", step.saves ? Json(step.saves->count()) : Json(nullptr)}});
  add_need(object, report, plan->need);
  object["notes"] = notes_on(plan->need);
  return object;
}

}  // namespace

std::string advice_json(const AdviceReport& report) {
  const Need& as_asked = report.advice.as_asked;
  const Question& question = as_asked.on_card.question;
  Json document = {{"model", question.subject},
                   {"runtime", question.runtime},
                   {"metric", name_of(question.metric)},
                   {"estimator", as_asked.on_card.asked.estimator},
                   {"gpu", as_asked.fitting.capacity.gpu},
                   {"capacity_bytes", as_asked.fitting.capacity.bytes.count()},
                   {"set_aside_bytes", as_asked.fitting.set_aside.count()}};
  add_need(document, report, as_asked);
  document["remedies"] = Json::array();
  for (const AdviceRow& row : report.advice.rows) document["remedies"].push_back(json_of(report, row));
  document["plan"] = json_of(report, report.advice.plan);
  document["plan_in_these_formats"] = json_of(report, report.advice.plan_in_these_formats);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace calibram
