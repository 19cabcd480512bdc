// SPDX-License-Identifier: MIT
// calibram estimate: how much memory, which term takes it, and whether it fits.
#include "bench/app/estimate/estimate_report.hpp"
#include "bench/app/estimate/inverse_flags.hpp"
#include "bench/app/flags/capacity.hpp"
#include "bench/app/flags/device_choice.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <vector>

namespace calibram {
namespace {

struct EstimateOptions {
  QuestionFlags question;
  ProfileFlag profile;
  std::string estimator;
  CapacityFlags capacity;
  InverseFlags inverse;
  bool all_gpus = false;
  bool explain = false;
  bool json = false;
};

/// The reason is a sentence of its own, with a remedy where it was an error.
InputError cannot_answer(const std::string& estimator, const Question& question, const std::string& reason) {
  const bool has_remedy = reason.find("; ") != std::string::npos;
  const char* remedy = has_remedy        ? ""
                       : !question.model ? "name a model or its config.json"
                                         : "ask for another --metric, or name a --profile";
  return InputError{fmt::format("{} cannot answer this: {}", estimator, reason), "", remedy};
}

/// The answer against what was named, and against the known cards.
FitsReport fits_of(const EstimateOptions& options, const std::vector<Capacity>& named,
                   const Question& question, const Asked& asked) {
  const Estimate& estimate = *asked.estimate();
  if (!named.empty()) note_missing_error_model(asked);
  FitsReport report;
  report.lists_all = options.all_gpus;
  for (const Capacity& capacity : named)
    report.named.push_back(fit_into(estimate, question.metric, capacity));
  if (!tells_of_cards(question.metric)) return report;
  report.cards = fit_into_known_cards(estimate, question.metric);
  std::erase_if(report.cards, [&](const Fitting& card) {
    return std::any_of(named.begin(), named.end(),
                       [&](const Capacity& capacity) { return capacity.gpu == card.capacity.gpu; });
  });
  report.boundary = sizes_at_the_boundary(card_sizes(estimate, question.metric));
  return report;
}

int run_estimate(const EstimateOptions& options) {
  Measurement row = options.question.row();
  const std::optional<Card> card = resolve_device(row);
  const std::vector<Capacity> named = options.capacity.named(card);
  const Question question = question_of(row);
  print_remarks(question);
  // Rules do not look at the runtime, but nobody means one that does not exist.
  runtime_of(question);
  const Estimators estimators =
      options.profile.estimators_for(options.estimator, question.device, card ? card->driver : "");
  const Calculator calculator{estimators, options.estimator};
  if (!question.model && options.estimator.empty())
    std::cerr
        << "note: a bare size has no architecture, so only the rules of thumb can answer; this is rule-1.2\n";
  const Asked asked = calculator.ask(question);
  if (const auto* unanswered = std::get_if<Unanswered>(&asked.answer))
    throw cannot_answer(std::string{asked.estimator}, question, unanswered->reason);
  if (!asked.estimate()->caution.empty())
    std::cerr << fmt::format("warning: {}; take the figures with care\n", asked.estimate()->caution);
  const std::optional<InverseReport> inverse = options.inverse.answers(calculator, question, named);
  FitsReport fits = fits_of(options, named, question, asked);
  if (inverse) fits.boundary.clear();  // the question was another one
  EstimateReport report{question, asked, calculator.cache_room(question), fits, inverse, {}, {}};
  report.hint = hint_of(calculator, question, asked);
  if (options.explain) report.explanation = explain(calculator, question, asked);
  std::cout << (options.json ? estimate_json(report) : estimate_text(report));
  if (inverse) return inverse->all_answered() ? status_done : status_outside;
  return fits.all_named_fit() ? status_done : status_outside;
}

}  // namespace

Action add_estimate(CLI::App& verb) {
  auto options = std::make_shared<EstimateOptions>();
  options->question.add_to(verb);
  verb.get_option("--device")
      ->description(
          "Name of the device, or one of this machine: host, cuda[:N]. A card of this machine is also "
          "its --capacity");
  options->profile.add_to(verb);
  verb.add_option(
      "--estimator", options->estimator,
      "rule-1.2, rule-per-token, rule-kv, rule-terms, theory or calibrated. Default: calibrated where a "
      "profile applies, else theory");
  options->capacity.add_to(verb);
  verb.add_flag("--all-gpus", options->all_gpus, "List every known card, not only the sizes that matter");
  options->inverse.add_to(verb);
  verb.add_flag("--explain", options->explain, "Show each number's formula with the values put in");
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_estimate(*options); };
}

}  // namespace calibram
