// SPDX-License-Identifier: MIT
// calibram measure and measure-point: the sweep alone, and one point of it.
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/measure/measuring.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "bench/sweep/expendable.hpp"
#include "bench/sweep/host_child.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"
#include "src/engine/count.hpp"
#include "src/engine/decoder/executable.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <limits>
#include <memory>

namespace calibram {
namespace {

/// MODEL and a size of plan exclude each other, and the flags of a point need one.
void check_together(const MeasuringOptions& options, const QuestionFlags& point) {
  if (point.has_model() && !options.size_flag().empty())
    throw exclusive_flags("MODEL", options.size_flag(), "either one point or a plan is measured");
  if (const std::string flag = point.first_given(); !point.has_model() && !flag.empty())
    throw InputError{flag + " needs a MODEL", "the built-in plan has its own workloads",
                     "name a model, or drop it"};
}

/// The point that MODEL and its flags name. @throws InputError when the pass cannot run it
std::vector<Point> one_point(const QuestionFlags& flags, const Target& target) {
  Measurement row = flags.row();
  row.metric = target.metric;
  // Rows of a sweep name the formats that were measured.
  const Question question = question_of(row);
  if (!question.model)
    throw InputError{"cannot measure " + in_quotes(row.model), "a size has no layers", "name a model"};
  print_remarks(question);
  validate_executable(question, runtime_of(question));
  row.weights = question.weights->name;
  row.kv = question.kv->name;
  return {plan_point(std::move(row))};
}

}  // namespace

Action add_measure(CLI::App& verb) {
  auto options = std::make_shared<MeasuringOptions>();
  auto point = std::make_shared<QuestionFlags>();
  options->add_to(verb);
  point->add_to(verb, QuestionScope::measured);
  const auto json = add_json_flag(verb);
  return [options, point, json] {
    check_together(*options, *point);
    const Target target = options->target();
    const auto [csv, result] =
        options->measure(target, point->has_model() ? one_point(*point, target) : options->plan(target));
    if (*json)
      std::cout << nlohmann::ordered_json{{"csv", csv.string()},         {"measured", result.measured},
                                          {"reused", result.reused},     {"skipped", result.skipped},
                                          {"rejected", result.rejected}, {"failed", result.failed}}
                       .dump(2)
                << "\n";
    else
      std::cout << csv.string() << "\n";
    return status_done;
  };
}

Action add_measure_point(CLI::App& verb) {
  struct PointOptions {
    QuestionFlags question;
    std::int64_t layers = std::numeric_limits<std::int64_t>::max();
    pid_t parent = 0;
  };
  auto options = std::make_shared<PointOptions>();
  options->question.add_to(verb);
  verb.add_option("--layers-executed", options->layers, "Layers that a step executes: 2, or all")
      ->check(CLI::PositiveNumber);
  verb.add_option("--parent", options->parent, "Process that this one must not outlive");
  return [options] {
    if (options->parent != 0) be_expendable(options->parent);
    run_host_child(options->question.row(), options->layers, std::cout);
    return status_done;
  };
}

}  // namespace calibram
