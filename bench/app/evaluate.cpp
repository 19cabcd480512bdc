// SPDX-License-Identifier: MIT
// calibram evaluate: the error table of every estimator on measured rows.
#include "bench/app/estimators.hpp"
#include "bench/app/evaluation.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateOptions {
  std::vector<std::string> files;
  ProfileFlag profile;
  bool leave_one_model_out = false, leave_one_batch_out = false;
  bool json = false;
};

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json to_json(const Evaluation& evaluation) {
  Json summary = Json::array(), rows = Json::array();
  for (const ErrorSummary& s : evaluation.summaries)
    summary.push_back({{"estimator", s.estimator},
                       {"runtime", s.runtime},
                       {"metric", s.metric},
                       {"devices", s.devices},
                       {"rows", s.rows},
                       {"skipped", s.skipped},
                       {"mean_abs", or_null(s.mean_abs)},
                       {"median_abs", or_null(s.median_abs)},
                       {"max_abs", or_null(s.max_abs)},
                       {"mean_signed", or_null(s.mean_signed)},
                       {"under", or_null(s.under)}});
  for (const EvaluatedRow& row : evaluation.rows) {
    Json estimates = Json::object();
    for (std::size_t i = 0; i < evaluation.estimators.size(); ++i)
      estimates[evaluation.estimators[i]] = row.estimates[i] ? Json(*row.estimates[i]) : Json(nullptr);
    const Measurement& m = row.measurement;
    rows.push_back({{"file", m.file},
                    {"line", m.line},
                    {"model", m.model},
                    {"metric", name_of(m.metric)},
                    {"measured", *m.value},
                    {"estimates", estimates}});
  }
  return {{"summary", summary}, {"rows", rows}};
}

std::string percent(const std::optional<double>& value, bool with_sign = false) {
  if (!value) return "";
  return with_sign ? fmt::format("{:+.2f} %", 100 * *value) : fmt::format("{:.2f} %", 100 * *value);
}

void print_text(const Evaluation& evaluation) {
  TextTable table{{{"estimator"},
                   {"runtime"},
                   {"metric"},
                   {"cards"},
                   {"rows", Align::right},
                   {"skipped", Align::right},
                   {"mean", Align::right},
                   {"median", Align::right},
                   {"worst", Align::right},
                   {"signed", Align::right},
                   {"under", Align::right}}};
  for (const ErrorSummary& s : evaluation.summaries)
    table.add_row({s.estimator, s.runtime, s.metric, s.devices, std::to_string(s.rows),
                   std::to_string(s.skipped), percent(s.mean_abs), percent(s.median_abs), percent(s.max_abs),
                   percent(s.mean_signed, true), s.under ? fmt::format("{:.0f} %", 100 * *s.under) : ""});
  std::cout << table.text();
}

Evaluation evaluate_as_asked(const EvaluateOptions& options, const std::vector<Measurement>& rows) {
  const bool leaves_out = options.leave_one_model_out || options.leave_one_batch_out;
  if (!leaves_out) return evaluate(rows, options.profile.estimators(rows.empty() ? "" : rows.front().device));
  const char* flag = options.leave_one_model_out ? "--leave-one-model-out" : "--leave-one-batch-out";
  if (options.profile.is_given())
    throw exclusive_flags(flag, "--profile", "it fits anew and uses no profile");
  return evaluate_leaving_out(options.leave_one_model_out ? LeftOut::model : LeftOut::batch, rows,
                              rules_and_theory());
}

int run_evaluate(const EvaluateOptions& options) {
  std::vector<Measurement> rows;
  for (const std::string& file : options.files) {
    const std::vector<Measurement> more = read_measurements(file);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  const Evaluation evaluation = evaluate_as_asked(options, rows);
  if (evaluation.rows.empty())
    throw InputError{"there is no measured row to evaluate",
                     fmt::format("{} rows, none with a value above 0", rows.size()), "name another CSV"};
  for (const auto& [reason, count] : evaluation.reasons)
    std::cerr << fmt::format("skipped {} x {}\n", count, reason);
  if (evaluation.without_value > 0)
    std::cerr << fmt::format("left out {} rows that have no value, or 0\n", evaluation.without_value);
  if (options.json)
    std::cout << to_json(evaluation).dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  else
    print_text(evaluation);
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
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_evaluate(*options); };
}

}  // namespace calibram
