// SPDX-License-Identifier: MIT
// calibram concurrency: memory against the number of requests that are served at once.
#include "bench/app/concurrency/concurrency_report.hpp"
#include "bench/app/concurrency/concurrency_request.hpp"
#include "bench/app/flags/capacity.hpp"
#include "bench/app/flags/device_choice.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/file.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <optional>

namespace calibram {
namespace {

struct ConcurrencyOptions {
  QuestionFlags question;
  ProfileFlag profile;
  CapacityFlags capacity;
  std::string estimator, up_to, shared_prefix, output;
  bool csv = false, json = false;
};

std::string result_text(const ConcurrencyOptions& options, const ConcurrencyReport& report) {
  if (options.json) return concurrency_json(report);
  return options.csv ? concurrency_csv(report) : concurrency_text(report);
}

void print_result(const ConcurrencyOptions& options, const ConcurrencyReport& report) {
  if (options.output.empty()) {
    std::cout << result_text(options, report);
  } else if (options.output == "-") {
    std::cout << concurrency_csv(report);
  } else {
    write_file(options.output, concurrency_csv(report));
    std::cerr << fmt::format("note: wrote {} rows to {}\n", report.concurrency.rows.size(), options.output);
  }
}

int run_concurrency(const ConcurrencyOptions& options) {
  if (options.json && options.csv) throw exclusive_flags("--json", "--csv", "each is a form of the result");
  if (options.json && !options.output.empty())
    throw exclusive_flags("--json", "--output", "the file is CSV, the document goes to standard output");
  Measurement row = options.question.row();
  const std::optional<Card> card = resolve_device(row);
  refuse_batch(row.workload);
  const Question question = question_of(row);
  print_remarks(question);
  runtime_of(question);
  const std::optional<Capacity> capacity = options.capacity.only(card);
  const ConcurrencyRequest request = concurrency_request(options.up_to, options.shared_prefix, capacity);
  const Estimators estimators =
      options.profile.estimators_for(options.estimator, question.device, card ? card->driver : "");
  const Calculator calculator{estimators, options.estimator}, rule{estimators, "rule-terms"};
  const Concurrency answer = concurrency(calculator, rule, question, request);
  if (!answer.refusal.empty())
    std::cerr << fmt::format("note: no more than {} requests: {}\n", answer.rows.size(), answer.refusal);
  print_result(options, {question, answer, capacity});
  return capacity && !answer.rows.front().fitting->fits() ? status_outside : status_done;
}

}  // namespace

Action add_concurrency(CLI::App& verb) {
  auto options = std::make_shared<ConcurrencyOptions>();
  options->question.add_to(verb);
  verb.get_option("--batch")->group("");  // is no flag of this verb, and refused by name
  verb.add_option("--up-to", options->up_to,
                  fmt::format("Requests at most, 1 to {}. Default: 64", most_requests));
  verb.add_option("--shared-prefix", options->shared_prefix,
                  "Tokens that all prompts begin with, whose whole cache blocks are kept once");
  options->profile.add_to(verb);
  verb.add_option(
      "--estimator", options->estimator,
      "One of those of \"calibram estimate\". Default: calibrated where a profile applies, else theory");
  options->capacity.add_to(verb);
  verb.add_flag("--csv", options->csv, "Print every number of requests as CSV, in bytes");
  verb.add_option("-o,--output", options->output, "Write that CSV here; - is standard output");
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_concurrency(*options); };
}

}  // namespace calibram
