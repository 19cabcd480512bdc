// SPDX-License-Identifier: MIT
// calibram advise: what to do where a model does not fit a card.
#include "bench/app/advise/advise_report.hpp"
#include "bench/app/advise/advise_request.hpp"
#include "bench/app/flags/capacity.hpp"
#include "bench/app/flags/device_choice.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/verbs.hpp"
#include "src/model/load.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace calibram {
namespace {

struct AdviseOptions {
  QuestionFlags question;
  ProfileFlag profile;
  std::string estimator;
  CapacityFlags capacity;
  RemedyLimits limits;
  std::shared_ptr<bool> json;
};

/// Of `estimate`, as they were given.
std::vector<std::string> further_flags(const CLI::App& verb) {
  std::vector<std::string> flags;
  for (const char* name : {"--estimator", "--profile", "--gpu", "--capacity"})
    if (const CLI::Option* option = verb.get_option(name); option->count() > 0)
      flags.insert(flags.end(), {name, option->results().front()});
  return flags;
}

int run_advise(const AdviseOptions& options, const CLI::App& verb) {
  Measurement row = options.question.row();
  const std::optional<Card> card = resolve_device(row);
  QuestionWords words = words_of(row);
  const Capacity capacity = advised_capacity(options.capacity.only(card), words);
  const Question question = question_of(
      words, [](const std::string& name) { return std::make_shared<const Model>(load_model(name)); });
  print_remarks(question);
  const Estimators estimators =
      options.profile.estimators_for(options.estimator, question.device, card ? card->driver : "");
  const Calculator calculator{estimators, options.estimator};
  const Advice advice = advise(calculator, question, capacity, options.limits);
  note_missing_error_model(advice.as_asked.on_card.asked);
  const AdviceReport report{words, advice, further_flags(verb)};
  std::cout << (*options.json ? advice_json(report) : advice_text(report));
  return advice.as_asked.fitting.fits() || advice.plan ? status_done : status_outside;
}

void add_limits(CLI::App& verb, RemedyLimits& limits) {
  verb.add_option("--max-devices", limits.most_devices, "How many cards a plan may take. Default: 8")
      ->check(CLI::Range(1, most_advised_devices));
  verb.add_flag("--keep-formats", limits.keep_formats, "Leave weights and cache in their formats");
  verb.add_flag("--keep-batch", limits.keep_batch,
                "Leave the batch as it is, which otherwise changes last but one");
  verb.add_flag("--keep-context", limits.keep_context,
                "Leave the context as it is, which otherwise changes last");
  verb.add_flag("--keep-engine", limits.keep_engine, "Stay with the runtime");
  verb.add_flag("--keep-on-card", limits.keep_on_card, "Put no layers on the host");
}

}  // namespace

Action add_advise(CLI::App& verb) {
  auto options = std::make_shared<AdviseOptions>();
  options->question.add_to(verb);
  verb.get_option("--device")->description("Name of the device, or a card of this machine: cuda[:N]");
  options->profile.add_to(verb);
  verb.add_option("--estimator", options->estimator, "As for estimate");
  options->capacity.add_to(verb);
  add_limits(verb, options->limits);
  options->json = add_json_flag(verb);
  verb.footer("Exit status 0: it fits, or the plan makes it fit; 3: nothing does.");
  return [options, &verb] { return run_advise(*options, verb); };
}

}  // namespace calibram
