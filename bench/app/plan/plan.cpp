// SPDX-License-Identifier: MIT
// calibram plan: a grid of models, formats, contexts, batches and cards to CSV.
#include "bench/app/flags/capacity.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/measure/progress.hpp"
#include "bench/app/plan/number_list.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "bench/calculator/grid.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/ordered_work.hpp"
#include "src/engine/measurement.hpp"

#include <fmt/format.h>

#include <iostream>
#include <optional>

namespace calibram {
namespace {

/// What there is one of for the whole grid.
struct PlanOptions {
  std::vector<std::string> models;
  std::vector<std::string> runtimes = {"calibram"}, weights = {""}, kv = {""};  // empty: as the model has it
  std::string batches = "1", contexts = "4096", generate = "0";
  std::string options, metric = "allocated", devices = "1", split;
  CapacityFlags capacity;
  ProfileFlag profile;
  std::string estimator;
  std::string output = "-";
};

std::vector<std::string> names_of(const std::string& flag, const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  for (const std::string& text : texts)
    for (const std::string& name : text.empty() ? std::vector<std::string>{""} : parse_names(flag, text))
      names.push_back(name);
  return names;
}

/// Reads flags as the CSV columns of their names are read.
void read_columns(const PlanOptions& options, Measurement& row) {
  const std::initializer_list<std::pair<std::string_view, const std::string*>> flags = {
      {"options", &options.options}, {"metric", &options.metric},     {"devices", &options.devices},
      {"split", &options.split},     {"generate", &options.generate},
  };
  for (const MeasurementColumn& column : measurement_columns())
    for (const auto& [name, text] : flags)
      if (column.name == name && !text->empty()) read_flag(column, *text, row);
}

/// Every model with every runtime and format. @throws InputError for names that are unknown
std::vector<Question> questions_of(const PlanOptions& options) {
  Measurement row;
  read_columns(options, row);
  ModelLibrary models;
  std::vector<Question> questions;
  const auto runtimes = names_of("--runtime", options.runtimes);
  const auto weights = names_of("--weights", options.weights), kv = names_of("--kv", options.kv);
  for (const std::string& model : names_of("MODEL", options.models))
    for (const std::string& runtime : runtimes)
      for (const std::string& weight_format : weights)
        for (const std::string& cache_format : kv) {
          row.model = model;
          row.runtime = runtime;
          row.weights = weight_format;
          row.kv = cache_format;
          questions.push_back(question_of(row, models));
        }
  return questions;
}

/// Standard output, or a file that is there at once when it is whole.
class Output {
 public:
  explicit Output(const std::string& file) {
    if (file != "-") file_.emplace(file);
  }

  void write(const std::string& text) {
    if (file_)
      file_->write(text);
    else if (!(std::cout << text))
      throw Error{"cannot write to standard output", "its reader is gone, or its disk is full",
                  "name a file"};
  }

  void finish() {
    if (file_) file_->finish();
    std::cout.flush();
  }

 private:
  std::optional<FileWriter> file_;
};

int run_plan(const PlanOptions& options) {
  const Grid grid{questions_of(options), parse_numbers("--batch", options.batches),
                  parse_numbers("--context", options.contexts), options.capacity.named(std::nullopt)};
  const Estimators estimators = options.profile.estimators_for(options.estimator, "");
  const Calculator calculator{estimators, options.estimator};
  SweepProgress progress;
  progress.total = static_cast<std::size_t>(grid.points());
  progress.work_total = static_cast<double>(progress.total);
  ProgressBar bar;
  Output output{options.output};
  output.write(grid_header());
  ask_grid(grid, calculator, machine_threads(), [&](const GridRows& rows) {
    output.write(rows.text);
    progress.done += static_cast<std::size_t>(rows.points);
    progress.work_done = static_cast<double>(progress.done);
    bar.show(progress);
  });
  output.finish();
  std::cerr << fmt::format("{} points of {} models, formats and runtimes\n", progress.done,
                           grid.questions.size());
  return status_done;
}

}  // namespace

Action add_plan(CLI::App& verb) {
  auto options = std::make_shared<PlanOptions>();
  verb.add_option("MODEL", options->models,
                  "Names from \"calibram models\", config.json files or their folders")
      ->required();
  const auto list = [&](const char* name, std::vector<std::string>& texts, const char* help) {
    verb.add_option(name, texts, help)->allow_extra_args(false);
  };
  list("--runtime", options->runtimes, "Engines, joined by commas: calibram,vllm@0.19.0");
  list("--weights", options->weights,
       "Formats of the weights, joined by commas. Default: as the model is stored");
  list("--kv", options->kv,
       "Formats of the KV cache, joined by commas. Default: the width of the activations");
  verb.add_option("--batch", options->batches, "Sequences at once: 1,2,8 or FROM:TO:STEP (1:64:x2 doubles)")
      ->capture_default_str();
  verb.add_option("--context", options->contexts,
                  "Tokens of a sequence, those that are generated among them: 4096,8192 or 1024:32768:1024")
      ->capture_default_str();
  verb.add_option("--generate", options->generate, "Tokens that each sequence generates, of its context")
      ->capture_default_str();
  verb.add_option("--devices", options->devices, "Number of devices")->capture_default_str();
  verb.add_option("--split", options->split, "How devices share the model: layers or tensor");
  verb.add_option("--options", options->options,
                  "key=value pairs joined by ';', for what only a runtime has");
  verb.add_option("--metric", options->metric, "What is counted")->capture_default_str();
  options->capacity.add_to(verb);
  options->profile.add_to(verb);
  verb.add_option("--estimator", options->estimator,
                  "Asked for every point. Default: calibrated where a profile applies, else theory");
  verb.add_option("-o,--output", options->output, "The CSV file; - is standard output")
      ->capture_default_str();
  verb.footer(
      "One row per model, runtime, formats, batch, context and card; a point that cannot be answered says "
      "why "
      "in the column reason. Every row is what \"calibram estimate\" answers with these flags.");
  return [options] { return run_plan(*options); };
}

}  // namespace calibram
