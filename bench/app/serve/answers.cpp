// SPDX-License-Identifier: MIT
// Asks what the verbs ask, in the words of a query.
#include "bench/app/serve/answers.hpp"

#include "bench/app/advise/advise_report.hpp"
#include "bench/app/advise/advise_request.hpp"
#include "bench/app/concurrency/concurrency_report.hpp"
#include "bench/app/concurrency/concurrency_request.hpp"
#include "bench/app/estimate/estimate_request.hpp"
#include "bench/app/flags/capacity.hpp"
#include "bench/app/flags/device_choice.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

namespace calibram {
namespace {

/// What every request has, before its model is looked up.
struct AskedQuestion {
  QuestionWords words;
  std::vector<Capacity> named;
};

AskedQuestion question_in(const AskedParameters& asked, Served& served) {
  AskedQuestion question;
  QuestionWords& words = question.words;
  words.model = asked.text("model");
  if (words.model.empty()) throw InputError{"the model is missing", "", "add model=NAME, one of /api/models"};
  for (const MeasurementColumn* column : question_columns())
    if (const std::string_view text = asked.text(column->name); !text.empty())
      read_flag(*column, std::string{text}, words);
  check_together(words.devices, words.split, words.workload);
  ResolvedDevice device = resolve_device(words.device, [&] { return served.cards.all(); });
  words.device = std::move(device.name);
  question.named = named_capacities(asked.all("gpu"), asked.all("capacity"), device.card);
  return question;
}

/// Of what an allocator must be simulated for, step by step.
void refuse_endless(const Question& question, bool asks_often) {
  constexpr std::int64_t most_steps = 1024;
  if (question.metric != Metric::reserved) return;
  if (asks_often)
    throw InputError{"--metric reserved is answered by estimate alone here",
                     "an allocator is simulated for every number, which may take minutes",
                     "ask the command, or for --metric allocated"};
  if (question.workload.generate > most_steps)
    throw InputError{
        fmt::format("--generate is {}", question.workload.generate),
        fmt::format("for --metric reserved each step is simulated, and no more than {} here", most_steps),
        "ask the command, or for --metric allocated"};
}

Question found_in(const QuestionWords& words, Served& served) {
  return question_of(words, [&](const std::string& name) { return served.models.find(name); });
}

ChosenEstimators estimators_for(const AskedParameters& asked, const Question& question,
                                const Served& served) {
  return served.profiles.choose(asked.text("profile"), asked.text("estimator"), question.device);
}

RemedyLimits limits_in(const AskedParameters& asked) {
  RemedyLimits limits;
  if (const std::string_view most = asked.text("max-devices"); !most.empty())
    limits.most_devices = static_cast<int>(require_integer("--max-devices", most, 1, most_advised_devices));
  limits.keep_formats = asked.is_set("keep-formats");
  limits.keep_batch = asked.is_set("keep-batch");
  limits.keep_context = asked.is_set("keep-context");
  limits.keep_engine = asked.is_set("keep-engine");
  limits.keep_on_card = asked.is_set("keep-on-card");
  return limits;
}

/// Of `estimate`, as the command line has them.
std::vector<std::string> further_flags(const AskedParameters& asked, const std::string& profile_file) {
  std::vector<std::string> flags;
  const auto add = [&](const char* flag, std::string_view value) {
    if (!value.empty()) flags.insert(flags.end(), {flag, std::string{value}});
  };
  add("--estimator", asked.text("estimator"));
  if (!asked.text("profile").empty()) add("--profile", profile_file);
  add("--gpu", asked.text("gpu"));
  add("--capacity", asked.text("capacity"));
  return flags;
}

}  // namespace

const Cards& ServedCards::all() {
  std::call_once(looked_, [this] { cards_ = find_cards(cuda_program(), Nvml{}); });
  return *cards_;
}

std::string estimate_answer(const AskedParameters& asked, Served& served) {
  AskedQuestion question = question_in(asked, served);
  EstimateRequest request;
  request.question = found_in(question.words, served);
  request.estimator = asked.text("estimator");
  request.named = std::move(question.named);
  const InverseAsked inverse = {asked.is_set("max-context"), asked.is_set("max-batch"),
                                asked.is_set("best-format"), asked.is_set("min-devices")};
  const bool is_inverse = !inverse.first().empty();
  if (is_inverse) request.inverse = {inverse, only_capacity(inverse, request.named)};
  request.explains = asked.is_set("explain");
  request.compares_rules = asked.is_set("rules");
  refuse_endless(request.question, is_inverse);
  return estimate_json(report_on(request, estimators_for(asked, request.question, served).estimators));
}

std::string advice_answer(const AskedParameters& asked, Served& served) {
  AskedQuestion question = question_in(asked, served);
  QuestionWords& words = question.words;
  const Capacity capacity = advised_capacity(only_capacity(question.named), words);
  const Question wanted_question = found_in(words, served);
  refuse_endless(wanted_question, true);
  const ChosenEstimators chosen = estimators_for(asked, wanted_question, served);
  const Calculator calculator{chosen.estimators, std::string{asked.text("estimator")}};
  const Advice advice = advise(calculator, wanted_question, capacity, limits_in(asked));
  return advice_json({words, advice, further_flags(asked, chosen.profile_file)});
}

std::string concurrency_answer(const AskedParameters& asked, Served& served) {
  AskedQuestion question = question_in(asked, served);
  refuse_batch(question.words.workload);
  const Question wanted_question = found_in(question.words, served);
  runtime_of(wanted_question);
  refuse_endless(wanted_question, true);
  const std::optional<Capacity> capacity = only_capacity(question.named);
  const ConcurrencyRequest request = concurrency_request(std::string{asked.text("up-to")},
                                                         std::string{asked.text("shared-prefix")}, capacity);
  const ChosenEstimators chosen = estimators_for(asked, wanted_question, served);
  const Calculator calculator{chosen.estimators, std::string{asked.text("estimator")}};
  const Calculator rule{chosen.estimators, "rule-terms"};
  const Concurrency answer = concurrency(calculator, rule, wanted_question, request);
  return concurrency_json({wanted_question, answer, capacity});
}

}  // namespace calibram
