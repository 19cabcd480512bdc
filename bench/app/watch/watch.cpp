// SPDX-License-Identifier: MIT
// calibram watch: runs any program and records its peak memory as measurements.
#include "bench/watch/watch.hpp"

#include "bench/app/fit/profiling.hpp"
#include "bench/app/flags/estimators.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/flags/trailing_command.hpp"
#include "bench/app/verbs.hpp"
#include "bench/app/watch/watch_report.hpp"
#include "bench/watch/watch_rows.hpp"
#include "fit/theory.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/line_appender.hpp"
#include "src/core/printable.hpp"
#include "src/core/utc.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <memory>
#include <thread>

namespace calibram {
namespace {

namespace fs = std::filesystem;

struct WatchOptions {
  QuestionFlags question;
  ProfileFlag profile;
  std::string output = "watch.csv";
  const CLI::Option* command = nullptr;
};

/// The statuses by which a shell says that a command could not be run.
class NotStarted : public Error {
 public:
  NotStarted(const std::string& command, int number)
      : Error{"cannot run " + in_quotes(command), std::strerror(number),
              number == ENOENT ? "check its name and PATH"
                               : "check that it is a program and may be executed"},
        status_{number == ENOENT ? 127 : 126} {}
  int exit_status() const noexcept override { return status_; }

 private:
  int status_;
};

/// Its name alone: arguments may hold secrets.
std::string program_of(const std::vector<std::string>& command) {
  const std::string name = fs::path{command.front()}.filename().string();
  return name.empty() ? command.front() : name;
}

/// What all rows of this command have in common.
Measurement asked_row(const WatchOptions& options, const std::string& program) {
  Measurement row = options.question.row();
  if (!options.question.has_model()) row.model = program;
  const HostMachine& host = describe_host();
  row.device = host.name;
  row.machine = host.host;
  row.source = "calibram " CALIBRAM_VERSION;
  row.measured_at = utc_now();
  row.versions = own_versions();
  return row;
}

/// What theory counts of the metric, without constants that only a measurement tells: the ledger's first
/// book. Of an engine that is known by its own buffers, those. Absent where nothing is counted; of a control
/// group, too, which has of a file's pages only those that it was the first to read.
std::optional<std::int64_t> counted(Question question) {
  if (question.metric == Metric::cgroup) return std::nullopt;
  auto theory = theory_terms(question);
  if (std::holds_alternative<Unanswered>(theory)) {
    question.metric = Metric::allocated;
    theory = theory_terms(question);
  }
  const auto* terms = std::get_if<TheoryTerms>(&theory);
  if (terms == nullptr) return std::nullopt;
  Bytes sum;
  for (const TermBytes& device : terms->devices) sum += device.total();
  return sum > Bytes{} ? std::optional{sum.count()} : std::nullopt;
}

/// Asks calibrated where it answers, else theory. @param alternative  what theory counts of a metric that it
/// cannot answer as a whole
Prediction predict(const Estimators& estimators, const Question& question,
                   std::optional<std::int64_t> alternative) {
  for (const auto& estimator : estimators) {
    if (estimator->name() != "calibrated") continue;
    const Answer answer = estimator->answer(question);
    if (const auto* estimate = std::get_if<Estimate>(&answer))
      return {"calibrated", estimate->total.count(), ""};
  }
  const Answer answer = estimator_named(estimators, "theory").answer(question);
  if (const auto* estimate = std::get_if<Estimate>(&answer)) return {"theory", estimate->total.count(), ""};
  if (alternative) return {"theory, without the program itself", alternative, ""};
  return {"theory", std::nullopt, std::get<Unanswered>(answer).reason};
}

/// The model is read before the command runs, so that a wrong name costs nothing.
class Predictor {
 public:
  Predictor(const WatchOptions& options, const Measurement& asked)
      : has_model_{options.question.has_model()}, csv_{options.output} {
    if (!has_model_) return;
    question_ = question_of(asked);
    print_remarks(question_);
    estimators_ = options.profile.estimators(asked.device);
  }

  WatchedRow add(Measurement row) const {
    if (!has_model_) return {std::move(row), std::nullopt};
    Question question = question_;
    question.metric = row.metric;
    question.devices = row.devices;
    question.split = row.split;
    if (question.model) row.predicted = counted(question);
    row.model = model_as_recorded(row.model, csv_);
    Prediction prediction = predict(estimators_, question, row.predicted);
    return {std::move(row), std::move(prediction)};
  }

 private:
  bool has_model_;
  fs::path csv_;
  Question question_;
  Estimators estimators_;
};

/// Another watch may be writing its own rows for a moment.
LineAppender open_patiently(const fs::path& csv) {
  constexpr int attempts = 50;
  for (int i = 1;; ++i) {
    try {
      return LineAppender::resume(csv, csv_header());
    } catch (const InputError&) {
      throw;
    } catch (const Error&) {
      if (i == attempts) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
  }
}

/// Shows on standard error what could not be written to the file: it was measured at some cost.
void write_rows(const std::vector<WatchedRow>& rows, const fs::path& csv) {
  std::size_t written = 0;
  try {
    LineAppender file = open_patiently(csv);
    for (; written < rows.size(); ++written) file.append(csv_row(rows[written].row));
  } catch (const Error&) {
    std::cerr << csv_header() << "\n";
    for (; written < rows.size(); ++written) std::cerr << csv_row(rows[written].row) << "\n";
    throw;
  }
}

/// Ends as the command did.
int end_like(const CommandEnd& end, SignalGate& signals) {
  if (!end.is_known) throw Error{"how the command ended is not known", "calibram-launch was killed", ""};
  if (end.signal != 0) {
    signals.forget();
    die_by(end.signal);
    return 128 + end.signal;
  }
  return end.exit_status;
}

int run_watch(const WatchOptions& options) {
  const std::vector<std::string> command = options.command->results();
  const Measurement asked = asked_row(options, program_of(command));
  const Predictor predictor{options, asked};
  const fs::path csv = options.output;
  open_patiently(csv);  // a file that cannot be written is known before the command has run for hours
  SignalGate signals;
  const WatchResult result =
      watch(command, signals, [](const std::string& note) { std::cerr << "note: " << note << std::endl; });
  std::vector<WatchedRow> rows;
  for (Measurement& row : watch_rows(asked, program_of(command), result))
    rows.push_back(predictor.add(std::move(row)));
  std::cerr << watch_report(result, rows);
  write_rows(rows, csv);
  if (result.end.exec_error != 0) throw NotStarted{command.front(), result.end.exec_error};
  std::cerr << fmt::format("{} {} appended to {}\n", rows.size(), rows.size() == 1 ? "row" : "rows",
                           csv.string());
  return end_like(result.end, signals);
}

}  // namespace

Action add_watch(CLI::App& verb) {
  auto options = std::make_shared<WatchOptions>();
  options->question.add_to(verb, QuestionScope::watched);
  options->command = add_trailing_command(verb);
  options->profile.add_to(verb);
  verb.add_option("-o,--output", options->output, "Measurements file to append to. Default: watch.csv");
  verb.footer(
      "Example: calibram watch llama-3.1-8b --runtime llama.cpp@b4790 -- llama-bench -m model.gguf\n"
      "Streams, signals, job control and exit status are the command's; what is measured goes to\n"
      "standard error and to the file.");
  return [options] { return run_watch(*options); };
}

}  // namespace calibram
