// SPDX-License-Identifier: MIT
// calibram estimate: how much memory, which term takes it, and whether it fits.
#include "bench/app/device_choice.hpp"
#include "bench/app/estimators.hpp"
#include "bench/app/question_flags.hpp"
#include "bench/app/size_text.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/text_table.hpp"
#include "src/engine/cache_rules.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <optional>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

struct EstimateOptions {
  QuestionFlags question;
  ProfileFlag profile;
  std::string estimator;
  std::string capacity;
  bool json = false;
};

/// Memory that the answer is held against.
struct Capacity {
  std::string gpu;
  Bytes bytes, headroom;
  bool fits() const { return headroom >= Bytes{}; }
};

/// --device, where it means a device of this machine, put into the row under its name. Only `cuda[:N]` costs
/// the time to look for cards. @return the card, if it is one
std::optional<Card> resolve_device(Measurement& row) {
  const bool is_card = row.device == "cuda" || row.device.starts_with("cuda:");
  if (row.device == "host") row.device = describe_host().name;
  if (row.device == "auto") row.device.clear();
  if (!is_card) return std::nullopt;
  const Card card = chosen_card(parse_device(row.device), row.device, find_cards(cuda_program(), Nvml{}),
                                "name the card itself, and its --capacity");
  row.device = card.description.name;
  return card;
}

/// The estimator that was named; else calibrated where it answers, else theory; rules for a bare size.
std::pair<std::string, Answer> ask(const EstimateOptions& options, const Question& question,
                                   const std::string& driver) {
  const bool is_uncalibrated = !options.estimator.empty() && options.estimator != "calibrated";
  if (is_uncalibrated && options.profile.is_given())
    throw exclusive_flags("--profile", "--estimator " + options.estimator,
                          "only 'calibrated' uses a profile");
  const Estimators estimators =
      is_uncalibrated ? rules_and_theory() : options.profile.estimators(question.device, driver);
  if (!options.estimator.empty()) {
    const Estimator& named = estimator_named(estimators, options.estimator);
    return {std::string{named.name()}, named.answer(question)};
  }
  if (!question.model) {
    std::cerr
        << "note: a bare size has no architecture, so only the rules of thumb can answer; this is rule-1.2\n";
    return {"rule-1.2", estimator_named(estimators, "rule-1.2").answer(question)};
  }
  for (const auto& estimator : estimators) {
    if (estimator->name() != "calibrated") continue;
    Answer answer = estimator->answer(question);
    if (std::holds_alternative<Estimate>(answer)) return {"calibrated", std::move(answer)};
  }
  return {"theory", estimator_named(estimators, "theory").answer(question)};
}

Json optional_bytes(const std::optional<Interval>& interval, Bytes Interval::*part) {
  return interval ? Json((*interval.*part).count()) : Json(nullptr);
}

/// How the runtime keeps keys, values and states, where it matters for the model.
std::string cache_rule_words(const Question& question) {
  const CacheRule* rule = find_cache_rule(question.runtime);
  return rule && question.model ? describe(*rule, *question.model) : "";
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json to_json(const Question& question, const Estimate& estimate, const std::vector<Capacity>& capacities) {
  Json terms = Json::object();
  for (std::size_t i = 0; i < term_count; ++i)
    terms[std::string{term_names[i]}] = estimate.terms[Term{static_cast<unsigned char>(i)}].count();
  Json devices = Json::array(), fit_list = Json::array();
  for (std::size_t i = 0; i < estimate.devices.size(); ++i)
    devices.push_back({{"index", i}, {"total_bytes", estimate.devices[i].count()}});
  for (const Capacity& card : capacities)
    fit_list.push_back({{"gpu", card.gpu},
                        {"capacity_bytes", card.bytes.count()},
                        {"fits", card.fits()},
                        {"headroom_bytes", card.headroom.count()}});
  return {{"model", question.subject},
          {"runtime", question.runtime},
          {"metric", name_of(question.metric)},
          {"value", estimate.value()},
          {"unit", estimate.tokens ? "tokens" : "bytes"},
          {"total_bytes", estimate.total.count()},
          {"low_bytes", optional_bytes(estimate.interval, &Interval::low)},
          {"high_bytes", optional_bytes(estimate.interval, &Interval::high)},
          {"bound99_bytes", optional_bytes(estimate.interval, &Interval::bound99)},
          {"terms", terms},
          {"devices", devices},
          {"profile", text_or_null(estimate.profile)},
          {"extrapolates", estimate.extrapolates},
          {"cache_rule", text_or_null(cache_rule_words(question))},
          {"fits", fit_list}};
}

void print_headline(const Question& question, const std::string& estimator) {
  const Workload& workload = question.workload;
  std::cout << fmt::format(
      "{}: {:.3f}·10⁹ parameters, {} weights, {} cache, {} x {} tokens ({} prompt), {}, {}\n\n",
      question.subject, question.parameters / 1e9, question.weights->name, question.kv->name, workload.batch,
      workload.context_tokens(), workload.prompt, question.runtime, estimator);
}

void print_terms(const Question& question, const Estimate& estimate) {
  TextTable table{{{"term"}, {"size", Align::right}, {"share", Align::right}}};
  const double total = static_cast<double>(estimate.total.count());
  const auto add = [&](std::string_view name, Bytes bytes) {
    table.add_row({std::string{name}, gib_text(bytes),
                   fmt::format("{:.1f} %", 100 * static_cast<double>(bytes.count()) / total)});
  };
  for (std::size_t i = 0; i < term_count; ++i) {
    const Bytes bytes = estimate.terms[Term{static_cast<unsigned char>(i)}];
    if (bytes != Bytes{}) add(term_names[i], bytes);
  }
  add(fmt::format("total ({})", name_of(question.metric)), estimate.total);
  std::cout << table.text();
}

void print_text(const Question& question, const std::string& estimator, const Estimate& estimate,
                const std::vector<Capacity>& capacities) {
  print_headline(question, estimator);
  print_terms(question, estimate);
  if (const std::string words = cache_rule_words(question); !words.empty())
    std::cout << fmt::format("\ncache: {}\n", words);
  if (estimate.devices.size() > 1)
    for (std::size_t i = 0; i < estimate.devices.size(); ++i)
      std::cout << fmt::format("device {}: {}\n", i, gib_text(estimate.devices[i]));
  if (estimate.interval)
    std::cout << fmt::format("\n95 % between {} and {}; with 99 % at most {}\n",
                             gib_text(estimate.interval->low), gib_text(estimate.interval->high),
                             gib_text(estimate.interval->bound99));
  if (!estimate.profile.empty()) std::cout << fmt::format("profile: {}\n", estimate.profile);
  if (estimate.extrapolates)
    std::cout << "extrapolates: this lies outside what the sweep behind the profile measured\n";
  for (const Capacity& card : capacities)
    std::cout << fmt::format("{} {} ({}{})\n", card.fits() ? "fits" : "does not fit", card.gpu,
                             gib_text(card.fits() ? card.headroom : Bytes{} - card.headroom),
                             card.fits() ? " left" : " too much");
}

/// The reason is a sentence of its own, with a remedy where it was an error.
InputError cannot_answer(const std::string& estimator, const Question& question, const std::string& reason) {
  const bool has_remedy = reason.find("; ") != std::string::npos;
  const char* remedy = has_remedy        ? ""
                       : !question.model ? "name a model or its config.json"
                                         : "ask for another --metric, or name a --profile";
  return InputError{fmt::format("{} cannot answer this: {}", estimator, reason), "", remedy};
}

/// What was named: --capacity, else a card of this machine.
std::vector<Capacity> capacities(const EstimateOptions& options, const std::optional<Card>& card,
                                 const std::string& estimator, const Estimate& estimate) {
  if (options.capacity.empty() && !card) return {};
  const Bytes bytes =
      options.capacity.empty() ? card->description.total : parse_size("--capacity", options.capacity);
  if (!estimate.interval)
    std::cerr << fmt::format("note: {} has no error model, so \"fits\" compares the total itself\n",
                             estimator);
  const Bytes bound = estimate.interval ? estimate.interval->bound99 : estimate.total;
  return {{options.capacity.empty() ? card->description.name : gib_text(bytes), bytes, bytes - bound}};
}

int run_estimate(const EstimateOptions& options) {
  Measurement row = options.question.row();
  const std::optional<Card> card = resolve_device(row);
  const Question question = question_of(row);
  print_remarks(question);
  // Rules do not look at the runtime, but nobody means one that does not exist.
  resolve_runtime(question.runtime, question.options, question.model ? question.model->family : "llama");
  const auto [estimator, answer] = ask(options, question, card ? card->driver : "");
  if (const auto* unanswered = std::get_if<Unanswered>(&answer))
    throw cannot_answer(estimator, question, unanswered->reason);
  const Estimate& estimate = std::get<Estimate>(answer);
  const std::vector<Capacity> against = capacities(options, card, estimator, estimate);
  if (options.json)
    std::cout << to_json(question, estimate, against).dump(2, ' ', false, Json::error_handler_t::replace)
              << "\n";
  else
    print_text(question, estimator, estimate, against);
  return against.empty() || against.front().fits() ? status_done : status_outside;
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
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_estimate(*options); };
}

}  // namespace calibram
