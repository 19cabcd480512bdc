// SPDX-License-Identifier: MIT
// calibram-cuda: what calibram must ask of a card through CUDA, in processes of its own.
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "bench/cuda/cuda_child.hpp"
#include "bench/sweep/card.hpp"
#include "bench/sweep/expendable.hpp"
#include "kernels/cuda/device_context.hpp"
#include "src/core/error.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>
#include <limits>
#include <memory>

namespace calibram {
namespace {

/// A card that cannot be described is no reason to hide the others.
void describe(int index) try {
  create_context(index);
  DeviceDescription card = describe_device(index);
  const DeviceMemoryReading now = read_device_memory();
  card.free = now.total - now.used;
  std::cout << description_json(card) << std::endl;
} catch (const Error& error) {
  std::cerr << "calibram-cuda: " << error.what() << "\n";
}

Action add_devices() {
  return [] {
    const VisibleDevices devices = visible_devices();
    if (!devices.reason.empty()) std::cerr << "calibram-cuda: " << devices.reason << "\n";
    for (const int index : devices.indices) describe(index);
    return status_done;
  };
}

Action add_measure_point(CLI::App& verb) {
  struct PointOptions {
    QuestionFlags question;
    CudaChildOptions child;
    pid_t parent = 0;
  };
  auto options = std::make_shared<PointOptions>();
  options->child.layers_executed = std::numeric_limits<std::int64_t>::max();
  options->child.load_cublas = [] { return load_cublas(); };
  options->question.add_to(verb);
  verb.add_option("--device-index", options->child.device_index, "The card, as CUDA counts them")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--layers-executed", options->child.layers_executed,
                  "Layers that a step executes: all, or fewer, then those that represent the others")
      ->check(CLI::PositiveNumber);
  verb.add_option("--parent", options->parent, "Process that this one must not outlive");
  verb.add_flag("--barrier", options->child.barrier, "Wait for a line on standard input after every stage");
  return [options] {
    if (options->parent != 0) be_expendable(options->parent);
    run_cuda_child(options->question.row(), options->child, std::cin, std::cout);
    return status_done;
  };
}

int run(int argc, char** argv) {
  CLI::App app{"calibram-cuda measures on a card for calibram, which starts it.", "calibram-cuda"};
  app.set_version_flag("--version", "calibram-cuda " CALIBRAM_VERSION);
  app.require_subcommand(1);
  const CLI::App* devices = app.add_subcommand("devices", "One line of JSON per card that CUDA shows");
  CLI::App* point = app.add_subcommand("measure-point", "One point of a sweep, in this process");
  const Action list = add_devices(), measure = add_measure_point(*point);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() != 0) throw usage_error(app, problem);
    return app.exit(problem);
  }
  return devices->parsed() ? list() : measure();
}

}  // namespace
}  // namespace calibram

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a parent that is gone is an error of the write
  return calibram::exit_status_of("calibram-cuda", [&] { return calibram::run(argc, argv); });
}
