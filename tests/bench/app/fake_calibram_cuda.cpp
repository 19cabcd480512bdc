// SPDX-License-Identifier: MIT
// A calibram-cuda without CUDA: lists one card, and reports of every point that its tensors took what theory
// says.
#include "bench/app/flags/question_flags.hpp"
#include "bench/sweep/card_description.hpp"
#include "bench/sweep/report.hpp"
#include "tests/bench/sweep/points.hpp"
#include "tests/support/cards.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <string>

namespace calibram {
namespace {

/// Says a line and waits for the parent's answer, as the real one does at its barriers.
bool say_and_wait(const std::string& line) {
  std::cout << line << std::endl;
  std::string answer;
  return static_cast<bool>(std::getline(std::cin, answer));
}

int report_point(const Measurement& row) {
  const ChildReport report = whole_card_report(plan_point(row));
  if (!say_and_wait(first_stage_line())) return 1;
  for (const StageReading& stage : report.stages)
    if (stage.stage != "start" && !say_and_wait(card_stage_line(stage))) return 1;
  std::cout << card_end_line(report) << std::endl;
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{"A calibram-cuda without CUDA"};
  CLI::App* devices = app.add_subcommand("devices");
  CLI::App* point = app.add_subcommand("measure-point");
  QuestionFlags question;
  question.add_to(*point);
  int device_index = -1, parent = 0;
  std::int64_t layers_executed = 0;
  bool barrier = false;
  point->add_option("--device-index", device_index)->required();
  point->add_option("--layers-executed", layers_executed)->required();
  point->add_option("--parent", parent)->required();
  point->add_flag("--barrier", barrier)->required();
  CLI11_PARSE(app, argc, argv);
  if (!devices->parsed()) return device_index == 0 ? report_point(question.row()) : 1;
  std::cout << description_json(h200_description()) << std::endl;
  return 0;
}

}  // namespace
}  // namespace calibram

int main(int argc, char** argv) { return calibram::run(argc, argv); }
