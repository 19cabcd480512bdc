// SPDX-License-Identifier: MIT
// Asks the question again with every remedy.
#include "bench/calculator/advice/advice.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

bool changes_formats(const Plan& plan, const Question& asked) {
  const Question& changed = plan.need.on_card.question;
  return changed.weights != asked.weights || changed.kv != asked.kv;
}

std::string reason_of(const OnCard& on_card) {
  const Format* weights = on_card.question.weights;
  if (weights && !weights->has_exact_bytes && !is_as_stored(*weights))
    return "mixes types from tensor to tensor, which only a GGUF file tells; ask with the file as MODEL";
  const auto* unanswered = std::get_if<Unanswered>(&on_card.asked.answer);
  return unanswered ? unanswered->reason : "";
}

class Rows {
 public:
  Rows(const Calculator& calculator, const Capacity& capacity, const Need& as_asked)
      : calculator_{calculator}, capacity_{capacity}, as_asked_{as_asked} {}

  void add(const RemedyGroup& group) {
    if (group.choices.empty()) rows_.push_back({.kind = group.kind, .absence = group.absence});
    std::string_view series;
    for (const Remedy& remedy : group.choices) {
      AdviceRow row = row_of(group.kind, remedy);
      // Of remedies that differ in degree the first that fits stands for all, else the last that is answered.
      const bool continues = !remedy.series.empty() && remedy.series == series;
      series = remedy.series;
      if (!continues) {
        rows_.push_back(std::move(row));
      } else if (!is_settled(rows_.back()) && row.need) {
        rows_.back() = std::move(row);
      }
    }
  }

  void add(const OtherEngine& other) {
    AdviceRow row{.kind = "other engine", .name = other.runtime, .cost = CostClass::other_engine};
    fill(row, other.question);
    rows_.push_back(std::move(row));
  }

  std::vector<AdviceRow> rows() && { return std::move(rows_); }

 private:
  static bool is_settled(const AdviceRow& row) { return row.need && row.need->fitting.fits(); }

  AdviceRow row_of(std::string_view kind, const Remedy& remedy) {
    std::vector<Taken> taken = {{&remedy, remedy.settings}};
    const Question& asked = as_asked_.on_card.question;
    std::optional<Need> least = least_settings(calculator_, asked, capacity_, taken);
    const std::int64_t setting = least ? taken.front().setting : remedy.settings;
    AdviceRow row{.kind = kind, .name = name_of(remedy, setting), .cost = remedy.cost};
    if (least)
      take(row, std::move(*least));
    else
      fill(row, with(asked, {{&remedy, setting}}));
    return row;
  }

  void fill(AdviceRow& row, const Question& changed) {
    if (std::optional<Need> need = need_of(calculator_, changed, capacity_))
      take(row, std::move(*need));
    else
      row.absence = reason_of(ask_on_card(calculator_, changed));
  }

  void take(AdviceRow& row, Need need) const {
    row.saves = as_asked_.fitting.needed - need.fitting.needed;
    row.need = std::move(need);
  }

  const Calculator& calculator_;
  const Capacity& capacity_;
  const Need& as_asked_;
  std::vector<AdviceRow> rows_;
};

std::vector<AdviceRow> rows_for(const Calculator& calculator, const Capacity& capacity, const Need& as_asked,
                                const RemedyLimits& limits) {
  Rows rows{calculator, capacity, as_asked};
  const Question& question = as_asked.on_card.question;
  for (const RemedyGroup& group : remedies_for(question, limits)) rows.add(group);
  if (!limits.keep_engine)
    for (const OtherEngine& other : other_engines(question)) rows.add(other);
  return std::move(rows).rows();
}

}  // namespace

Advice advise(const Calculator& calculator, const Question& question, const Capacity& capacity,
              const RemedyLimits& limits) {
  if (is_composed(question.metric))
    throw InputError{
        fmt::format("{} is what a card has left, not what a run takes of it", name_of(question.metric)), "",
        "ask for --metric allocated, or leave it out"};
  OnCard on_card = ask_on_card(calculator, question);
  if (!on_card.estimate())
    throw InputError{fmt::format("{} cannot answer this: {}", on_card.asked.estimator, reason_of(on_card)),
                     "", ""};
  const Fitting fitting = fit_into(*on_card.estimate(), question.metric, capacity);
  Advice advice{{std::move(on_card), fitting}, {}, {}, {}};
  if (fitting.fits()) return advice;
  advice.rows = rows_for(calculator, capacity, advice.as_asked, limits);
  advice.plan = cheapest_plan(calculator, question, capacity, limits);
  if (!advice.plan || !changes_formats(*advice.plan, question)) return advice;
  RemedyLimits in_these_formats = limits;
  in_these_formats.keep_formats = true;
  advice.plan_in_these_formats = cheapest_plan(calculator, question, capacity, in_these_formats);
  return advice;
}

}  // namespace calibram
