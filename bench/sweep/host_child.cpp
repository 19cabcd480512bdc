// SPDX-License-Identifier: MIT
// The life of a measuring child on the host.
#include "bench/sweep/host_child.hpp"

#include "bench/sweep/report.hpp"
#include "bench/sweep/staged_pass.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/engine/count.hpp"

#include <ostream>

namespace calibram {
namespace {

/// Writes one line per stage, each with the peak since the line before.
class StageWriter {
 public:
  explicit StageWriter(std::ostream& out) : out_{out}, resets_{reset_peak()} {}

  void end(std::string_view stage) {
    const HostReading now = read_host();
    out_ << host_stage_line({std::string{stage}, now.resident, now.peak}) << std::endl;
    if (resets_) reset_peak();
  }

  std::string counter() const {
    return resets_ ? "VmHWM reset by clear_refs" : "VmHWM since the process began";
  }

 private:
  std::ostream& out_;
  bool resets_;
};

/// In memory of its own, so that the books of the run begin empty.
void warm_up(const Question& question, const Runtime& runtime) {
  HostOps ops;
  rehearse(question, runtime, ops, 256, {1, 8, 3, 16});
}

}  // namespace

void run_host_child(const Measurement& row, std::int64_t layers_executed, std::ostream& out) {
  const Question question = runnable_question(row);
  const Runtime runtime = runtime_of(question);
  StageWriter stages{out};
  stages.end("start");
  HostOps ops{executing_layers(layers_executed, *question.model)};
  ops.warm_up();
  warm_up(question, runtime);
  Decoder decoder{question, runtime, ops};
  stages.end("warm_up");
  const auto end_stage = [&](std::string_view stage) { stages.end(stage); };
  try {
    run_stages(decoder, question.workload.generate, end_stage);
  } catch (const OutOfMemory& full) {
    out << out_of_memory_line(full.what()) << std::endl;
    return;
  }
  ChildReport report;
  report.host.swapped = read_host().swapped;
  require_intact_weights(decoder, "this machine");
  decoder.finish();
  end_stage("freed");
  report.requested = ops.memory().requested().at_peak.total();
  report.rounded = ops.memory().rounded().at_peak.total();
  report.host.slack = resident_counter_slack();
  report.counter = stages.counter();
  out << host_end_line(report) << std::endl;
}

}  // namespace calibram
