// SPDX-License-Identifier: MIT
// The life of a measuring child on the host, and the lines that it reports.
#include "bench/sweep/child.hpp"

#include "kernels/host/host_ops.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"
#include "src/engine/count.hpp"
#include "src/engine/decoder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <ostream>

#include <sys/prctl.h>
#include <unistd.h>

namespace calibram {
namespace {

using Json = nlohmann::json;

/// Writes one line per stage, each with the peak since the line before.
class StageWriter {
 public:
  explicit StageWriter(std::ostream& out) : out_{out}, resets_{reset_peak()} {}

  void end(std::string_view stage) {
    const HostReading now = read_host();
    out_ << Json{{"stage", stage}, {"resident", now.resident.count()}, {"peak", now.peak.count()}}
         << std::endl;
    if (resets_) reset_peak();
  }

  std::string counter() const {
    return resets_ ? "VmHWM reset by clear_refs" : "VmHWM since the process began";
  }

 private:
  std::ostream& out_;
  bool resets_;
};

void run_pass(Decoder& decoder, std::int64_t generate,
              const std::function<void(std::string_view)>& end_stage) {
  decoder.load();
  end_stage("weights");
  decoder.reserve();
  end_stage("kv");
  decoder.prefill();
  end_stage("prefill");
  for (std::int64_t step = 1; step < generate; ++step) decoder.decode();
  end_stage("decode");
}

/// One layer of the same shape over a handful of tokens: what the pass needs of program pages and of the
/// heap is resident afterwards, so that the rest of the run is tensors alone.
void warm_up(const Question& question, const Runtime& runtime) {
  Model small = *question.model;
  small.layers.resize(1);
  small.layers.front().count = 1;
  small.vocabulary = std::min<std::int64_t>(small.vocabulary, 256);
  Question tiny = question;
  tiny.model = std::make_shared<Model>(std::move(small));
  tiny.workload = {1, 8, 3, 16};
  HostOps ops;
  Decoder decoder{tiny, runtime, ops};
  run_pass(decoder, tiny.workload.generate, [](std::string_view) {});
  decoder.finish();
}

}  // namespace

void be_expendable(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A parent that died before that line sent no signal.
  if (::getppid() != parent) throw Error{"nobody reads this measurement", "the parent has ended", ""};
  // Ctrl-C goes to the parent too, which ends its children in order.
  for (const int signal : {SIGINT, SIGHUP}) ::signal(signal, SIG_IGN);
  std::ofstream{"/proc/self/oom_score_adj"} << 1000;
}

void run_host_child(const Measurement& row, std::int64_t layers_executed, std::ostream& out) {
  const Question question = question_of(row);
  if (!question.model)
    throw InputError{"cannot run " + in_quotes(row.model), "a size has no layers", "name a model"};
  const Runtime runtime = runtime_of(question);
  validate_countable(question, runtime);
  StageWriter stages{out};
  stages.end("start");
  const std::int64_t layers = layer_count(*question.model);
  const auto executed = layers_executed < layers ? LayersExecuted::first_and_last : LayersExecuted::all;
  HostOps ops{{.layers_executed = executed, .layer_count = layers}};
  ops.warm_up();
  warm_up(question, runtime);
  Decoder decoder{question, runtime, ops};
  stages.end("warm_up");
  const auto end_stage = [&](std::string_view stage) { stages.end(stage); };
  try {
    run_pass(decoder, question.workload.generate, end_stage);
  } catch (const OutOfMemory& full) {
    out << Json{{"out_of_memory", full.what()}} << std::endl;
    return;
  }
  const Bytes swapped = read_host().swapped;
  if (!decoder.holds_weights())
    throw Error{"the weights read back are not what was written", "memory of this machine is not reliable",
                ""};
  decoder.finish();
  end_stage("freed");
  out << Json{{"requested", ops.memory().requested().at_peak.total().count()},
              {"rounded", ops.memory().rounded().at_peak.total().count()},
              {"swapped", swapped.count()},
              {"slack", resident_counter_slack().count()},
              {"counter", stages.counter()}}
      << std::endl;
}

void read_report_line(const std::string& line, ChildReport& report) {
  try {
    const Json json = Json::parse(line);
    const auto bytes = [&](const char* key) { return Bytes{json.at(key).get<std::int64_t>()}; };
    if (json.contains("stage")) {
      report.stages.push_back({json.at("stage").get<std::string>(), bytes("resident"), bytes("peak")});
    } else if (json.contains("out_of_memory")) {
      report.out_of_memory = true;
      report.reason = json.at("out_of_memory").get<std::string>();
    } else {
      report.requested = bytes("requested");
      report.rounded = bytes("rounded");
      report.swapped = bytes("swapped");
      report.slack = bytes("slack");
      report.counter = json.at("counter").get<std::string>();
      report.complete = true;
    }
  } catch (const Json::exception& problem) {
    throw Error{"cannot read a measuring process's report", problem.what(), "run that point again"};
  }
}

const StageReading* find_stage(const ChildReport& report, std::string_view stage) {
  const auto found = std::find_if(report.stages.begin(), report.stages.end(),
                                  [&](const StageReading& reading) { return reading.stage == stage; });
  return found == report.stages.end() ? nullptr : &*found;
}

const StageReading& required_stage(const ChildReport& report, std::string_view stage) {
  const StageReading* reading = find_stage(report, stage);
  if (reading == nullptr)
    throw Error{"a measuring process's report is incomplete", "it lacks the stage " + std::string{stage},
                "run that point again"};
  return *reading;
}

Bytes highest_peak(const ChildReport& report) {
  Bytes highest;
  for (const char* stage : {"weights", "kv", "prefill", "decode"})
    highest = std::max(highest, required_stage(report, stage).peak);
  return highest;
}

}  // namespace calibram
