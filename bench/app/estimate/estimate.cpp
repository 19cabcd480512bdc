// SPDX-License-Identifier: MIT
// calibram estimate: how much memory, which term takes it, and whether it fits.
#include "bench/app/estimate/estimate_request.hpp"
#include "bench/app/estimate/inverse_flags.hpp"
#include "bench/app/flags/capacity.hpp"
#include "bench/app/flags/device_choice.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/verbs.hpp"

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
  CapacityFlags capacity;
  InverseFlags inverse;
  bool all_gpus = false;
  bool explain = false;
  bool rules = false;
  bool json = false;
};

/// What is worth knowing before the answer, which may take a while.
void note_beforehand(const EstimateRequest& request) {
  print_remarks(request.question);
  if (!request.question.model && request.estimator.empty())
    std::cerr
        << "note: a bare size has no architecture, so only the rules of thumb can answer; this is rule-1.2\n";
  const bool searches =
      request.inverse && (request.inverse->asked.max_context || request.inverse->asked.max_batch);
  if (searches && request.question.metric == Metric::reserved)
    std::cerr
        << "note: an allocator is simulated for every number up to the answer, which may take minutes\n";
}

void note_doubts(const EstimateReport& report) {
  if (!report.fits.named.empty()) note_missing_error_model(report.asked);
  if (const std::string& caution = report.asked.estimate()->caution; !caution.empty())
    std::cerr << fmt::format("warning: {}; take the figures with care\n", caution);
}

int run_estimate(const EstimateOptions& options) {
  Measurement row = options.question.row();
  const std::optional<Card> card = resolve_device(row);
  EstimateRequest request{
      question_of(row), options.estimator, options.capacity.named(card), options.all_gpus, {},
      options.explain,  options.rules};
  request.inverse = options.inverse.request(request.named);
  note_beforehand(request);
  const EstimateReport report = report_on(
      request,
      options.profile.estimators_for(request.estimator, request.question.device, card ? card->driver : ""));
  note_doubts(report);
  std::cout << (options.json ? estimate_json(report) : estimate_text(report));
  if (report.inverse) return report.inverse->all_answered() ? status_done : status_outside;
  return report.fits.all_named_fit() ? status_done : status_outside;
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
  verb.add_flag("--rules", options->rules,
                "Show the four rules of thumb beside the answer, and why they differ");
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_estimate(*options); };
}

}  // namespace calibram
