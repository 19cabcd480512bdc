// SPDX-License-Identifier: MIT
// calibram estimate: how much memory, which term takes it, and whether it fits.
#include "bench/app/estimate/estimate_report.hpp"
#include "bench/app/estimate/inverse_flags.hpp"
#include "bench/app/flags/device_choice.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/flags/size_text.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"
#include "src/engine/runtime.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <optional>

namespace calibram {
namespace {

struct EstimateOptions {
  QuestionFlags question;
  ProfileFlag profile;
  std::string estimator;
  std::string capacity;
  InverseFlags inverse;
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

/// What was named: --capacity, else a card of this machine.
std::optional<Capacity> named_capacity(const EstimateOptions& options, const std::optional<Card>& card) {
  if (!options.capacity.empty()) {
    const Bytes bytes = parse_size("--capacity", options.capacity);
    return Capacity{gib_text(bytes), bytes};
  }
  if (card) return Capacity{card->description.name, card->description.total, true};
  return std::nullopt;
}

/// The answer against what was named.
std::vector<Fitting> fittings(const EstimateOptions& options, const std::optional<Card>& card,
                              const Question& question, const Asked& asked) {
  const std::optional<Capacity> capacity = named_capacity(options, card);
  if (!capacity) return {};
  if (!asked.estimate()->interval)
    std::cerr << fmt::format("note: {} has no error model, so \"fits\" compares the total itself\n",
                             asked.estimator);
  return {fit_into(*asked.estimate(), question.metric, *capacity)};
}

int run_estimate(const EstimateOptions& options) {
  Measurement row = options.question.row();
  const std::optional<Card> card = resolve_device(row);
  const Question question = question_of(row);
  print_remarks(question);
  // Rules do not look at the runtime, but nobody means one that does not exist.
  resolve_runtime(question.runtime, question.options, question.model ? question.model->family : "llama");
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
  const std::vector<Fitting> fits = fittings(options, card, question, asked);
  const std::optional<InverseReport> inverse =
      options.inverse.answers(calculator, question, named_capacity(options, card));
  const EstimateReport report{question, asked, calculator.cache_room(question), fits, inverse};
  std::cout << (options.json ? estimate_json(report) : estimate_text(report));
  if (inverse) return inverse->all_answered() ? status_done : status_outside;
  return fits.empty() || fits.front().fits() ? status_done : status_outside;
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
  verb.add_option("--capacity", options->capacity,
                  "Say whether it fits this much memory (24GiB); exit 3 if not");
  options->inverse.add_to(verb);
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_estimate(*options); };
}

}  // namespace calibram
