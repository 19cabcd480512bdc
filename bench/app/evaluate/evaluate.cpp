// SPDX-License-Identifier: MIT
// calibram evaluate: the error table of every estimator on measured rows.
#include "bench/app/evaluate/evaluation_report.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "fit/evaluation.hpp"
#include "src/core/error.hpp"
#include "src/core/names.hpp"

#include <fmt/format.h>

#include <iostream>
#include <map>
#include <memory>

namespace calibram {
namespace {

struct EvaluateOptions {
  std::vector<std::string> files;
  ProfileFlag profile;
  bool leave_one_model_out = false, leave_one_batch_out = false;
  std::string rows_of;
  bool json = false;
};

Evaluation evaluate_as_asked(const EvaluateOptions& options, const std::vector<Measurement>& rows) {
  const bool leaves_out = options.leave_one_model_out || options.leave_one_batch_out;
  if (!leaves_out) return evaluate(rows, options.profile.estimators(rows.empty() ? "" : rows.front().device));
  const char* flag = options.leave_one_model_out ? "--leave-one-model-out" : "--leave-one-batch-out";
  if (options.profile.is_given())
    throw exclusive_flags(flag, "--profile", "it fits anew and uses no profile");
  return evaluate_leaving_out(options.leave_one_model_out ? LeftOut::model : LeftOut::batch, rows,
                              rules_and_theory());
}

/// A line for each reason and number of rows, with the estimators that skipped them.
void print_reasons(const Evaluation& evaluation) {
  for (const auto& [reason, counts] : evaluation.reasons) {
    std::map<std::size_t, std::vector<std::string_view>> names;
    for (const auto& [name, count] : counts) names[count].emplace_back(name);
    for (const auto& [count, skipping] : names)
      std::cerr << fmt::format("skipped {} x {}: {}\n", count, joined(skipping), reason);
  }
}

int run_evaluate(const EvaluateOptions& options) {
  const std::vector<Measurement> rows = read_measurements(options.files);
  const Evaluation evaluation = evaluate_as_asked(options, rows);
  require_values(evaluation, rows);
  print_reasons(evaluation);
  if (evaluation.without_value > 0)
    std::cerr << fmt::format("left out {} rows that have no value, or 0\n", evaluation.without_value);
  if (options.json)
    std::cout << evaluation_json(evaluation);
  else if (!options.rows_of.empty())
    std::cout << evaluation_rows_text(evaluation, options.rows_of);
  else
    std::cout << evaluation_text(evaluation);
  return status_done;
}

}  // namespace

Action add_evaluate(CLI::App& verb) {
  auto options = std::make_shared<EvaluateOptions>();
  verb.add_option("CSV", options->files, "Measurements")->required();
  options->profile.add_to(verb);
  verb.add_flag("--leave-one-model-out", options->leave_one_model_out,
                "Fit \"calibrated\" anew for each model, on the rows of the other models");
  verb.add_flag("--leave-one-batch-out", options->leave_one_batch_out,
                "The same for each batch size: where one model was measured")
      ->excludes("--leave-one-model-out");
  verb.add_option("--rows", options->rows_of, "Print every row beside this estimator, with its residual");
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_evaluate(*options); };
}

}  // namespace calibram
