// SPDX-License-Identifier: MIT
// The life of a measuring child on a card: context, handles, warm-up, weights, cache, prompt, steps, the end.
#include "bench/cuda/cuda_child.hpp"

#include "bench/sweep/report.hpp"
#include "bench/sweep/staged_pass.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/device_context.hpp"
#include "src/engine/count.hpp"

#include <algorithm>
#include <cstdlib>
#include <istream>
#include <memory>
#include <ostream>

namespace calibram {
namespace {

/// Tokens of the rehearsal: enough for cuBLAS to choose the kernels that it chooses for long prompts.
constexpr std::int64_t rehearsed_tokens = 256;

/// Less than this free, and cuBLAS, which says a dozen things then, could not start for want of memory.
constexpr Bytes full_card{128 << 20};

/// Writes one line per stage, and waits for the parent after it.
class StageWriter {
 public:
  StageWriter(std::istream& in, std::ostream& out, bool barrier) : in_{in}, out_{out}, barrier_{barrier} {}

  void begin() { write(first_stage_line()); }

  void end(std::string_view stage, Bytes held) {
    StageReading reading;
    reading.stage = stage;
    reading.used = settled_device_memory().used;
    reading.held = held;
    write(card_stage_line(reading));
  }

 private:
  void write(const std::string& line) {
    out_ << line << std::endl;
    std::string answer;
    if (barrier_ && !std::getline(in_, answer))
      throw Error{"nobody reads this measurement", "the parent has ended", ""};
  }

  std::istream& in_;
  std::ostream& out_;
  bool barrier_;
};

/// Before the first CUDA call, which reads it. Lazy unless asked for, whatever this machine's default is.
void set_module_loading(const Options& options) {
  const auto asked = options.find("module_loading");
  const bool is_eager = asked != options.end() && asked->second == "eager";
  ::setenv("CUDA_MODULE_LOADING", is_eager ? "EAGER" : "LAZY", 1);
}

void require_card(int index) {
  const VisibleDevices devices = visible_devices();
  if (!devices.reason.empty())
    throw Error{"no card can be measured", devices.reason,
                "install an NVIDIA driver that knows this CUDA, or use --device host"};
  if (std::find(devices.indices.begin(), devices.indices.end(), index) == devices.indices.end())
    throw InputError{"there is no card " + std::to_string(index), "",
                     "run \"calibram devices\" for the list"};
}

/// What the pass needs of kernels and of cuBLAS, at this model's widths.
void warm_up(const Question& question, const Runtime& runtime, CudaOps& ops) {
  ops.warm_up();
  const Workload& asked = question.workload;
  const std::int64_t prompt = std::min(asked.prompt, rehearsed_tokens);
  rehearse(question, runtime, ops, question.model->vocabulary, {asked.batch, prompt, 3, prompt + 3});
  ops.memory().reset_peaks();
}

void enter_end(int device_index, DeviceMemory& memory, const Gemm& gemm, ChildReport& report) {
  const DriverPeak& peak = memory.read_peak();
  const DeviceDescription card = describe_device(device_index);
  report.requested = memory.requested().at_peak.total();
  report.rounded = peak.rounded;
  report.card = {.peak = peak.used,
                 .held_at_peak = memory.held_at_peak(),
                 .readings = peak.readings,
                 .total = card.total,
                 .gemm_workspace = gemm.workspace().size(),
                 .stack_limit = card.stack_limit,
                 .pool_used = read_default_pool().used_high,
                 .loading_mode = card.loading_mode};
  report.counter = "cudaMemGetInfo";
}

/// @throws OutOfMemory, Error when cuBLAS refuses for another reason
std::unique_ptr<Gemm> start_gemm(const CublasLibrary& library, int device_index) {
  const Bytes workspace = gemm_workspace_bytes(describe_device(device_index).compute_capability);
  try {
    return std::make_unique<Gemm>(library, nullptr, workspace);
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error&) {
    const DeviceMemoryReading now = read_device_memory();
    if (now.total - now.used > full_card) throw;
    throw OutOfMemory{"the card, where cuBLAS cannot start,", workspace, {}};
  }
}

void measure(const Question& question, const Runtime& runtime, const CudaChildOptions& options,
             StageWriter& stages, std::ostream& out) {
  create_context(options.device_index);
  stages.end("context", {});
  const CublasLibrary library = options.load_cublas();
  const std::unique_ptr<Gemm> gemm = start_gemm(library, options.device_index);
  stages.end("handles", {});
  CudaOps ops{*gemm, nullptr, executing_layers(options.layers_executed, *question.model)};
  DeviceMemory& memory = ops.memory();
  warm_up(question, runtime, ops);
  stages.end("warm_up", memory.held());
  Decoder decoder{question, runtime, ops};
  run_stages(decoder, question.workload.generate,
             [&](std::string_view stage) { stages.end(stage, memory.held()); });
  ChildReport report;
  enter_end(options.device_index, memory, *gemm, report);
  require_intact_weights(decoder, "the card");
  decoder.finish();
  stages.end("freed", memory.held());
  out << card_end_line(report) << std::endl;
}

}  // namespace

void run_cuda_child(const Measurement& row, const CudaChildOptions& options, std::istream& in,
                    std::ostream& out) {
  const Question question = runnable_question(row);
  const Runtime runtime = runtime_of(question);
  set_module_loading(row.options);
  StageWriter stages{in, out, options.barrier};
  stages.begin();
  require_card(options.device_index);
  try {
    measure(question, runtime, options, stages, out);
  } catch (const OutOfMemory& full) {
    out << out_of_memory_line(full.what()) << std::endl;
  } catch (const CudaError& error) {
    if (!is_out_of_memory(error)) throw;
    out << out_of_memory_line(error.what()) << std::endl;
  }
}

}  // namespace calibram
