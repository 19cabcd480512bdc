// SPDX-License-Identifier: MIT
// Asks the calculator for everything that an estimate's report says.
#include "bench/app/estimate/estimate_request.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

/// The reason is a sentence of its own, with a remedy where it was an error.
InputError cannot_answer(const std::string& estimator, const Question& question, const std::string& reason) {
  const bool has_remedy = reason.find("; ") != std::string::npos;
  const char* remedy = has_remedy        ? ""
                       : !question.model ? "name a model or its config.json"
                                         : "ask for another --metric, or name a --profile";
  return InputError{fmt::format("{} cannot answer this: {}", estimator, reason), "", remedy};
}

/// The answer against what was named, and against the known cards.
FitsReport fits_of(const EstimateRequest& request, const Estimate& estimate) {
  const Metric metric = request.question.metric;
  FitsReport report;
  report.lists_all = request.lists_all;
  for (const Capacity& capacity : request.named) report.named.push_back(fit_into(estimate, metric, capacity));
  if (!tells_of_cards(metric)) return report;
  report.cards = fit_into_known_cards(estimate, metric);
  std::erase_if(report.cards, [&](const Fitting& card) {
    return std::any_of(request.named.begin(), request.named.end(),
                       [&](const Capacity& capacity) { return capacity.gpu == card.capacity.gpu; });
  });
  return report;
}

}  // namespace

Capacity only_capacity(const InverseAsked& asked, const std::vector<Capacity>& named) {
  if (named.size() != 1)
    throw InputError{asked.first() + " needs one capacity",
                     named.empty() ? "none is named" : "several are named", "name one --gpu or --capacity"};
  return named.front();
}

EstimateReport report_on(const EstimateRequest& request, const Estimators& estimators) {
  const Question& question = request.question;
  // Rules do not look at the runtime, but nobody means one that does not exist.
  runtime_of(question);
  const Calculator calculator{estimators, request.estimator};
  Asked asked = calculator.ask(question);
  if (const auto* unanswered = std::get_if<Unanswered>(&asked.answer))
    throw cannot_answer(std::string{asked.estimator}, question, unanswered->reason);
  EstimateReport report{question, std::move(asked), {}, {}, {}, {}, {}, {}};
  report.cache = calculator.cache_room(question);
  report.fits = fits_of(request, *report.asked.estimate());
  if (const auto& inverse = request.inverse)
    report.inverse = inverse_report(inverse->asked, calculator, question, inverse->capacity);
  report.hint = hint_of(calculator, question, report.asked);
  if (request.compares_rules) report.rules = rules_beside(question, report.asked);
  if (request.explains) report.explanation = explain(calculator, question, report.asked);
  return report;
}

}  // namespace calibram
