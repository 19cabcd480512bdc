// SPDX-License-Identifier: MIT
// Flags made from the column table.
#include "bench/app/question_flags.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace calibram {
namespace {

constexpr std::array<std::string_view, 12> flags = {"runtime", "weights",  "kv",      "batch",
                                                    "prompt",  "generate", "context", "devices",
                                                    "split",   "options",  "metric",  "device"};

bool is_flag(const MeasurementColumn& column) {
  return std::find(flags.begin(), flags.end(), column.name) != flags.end();
}

}  // namespace

void QuestionFlags::add_to(CLI::App& verb) {
  verb.add_option("MODEL", model_,
                  "A name from \"calibram models\", a config.json or its folder, or a size: 70B")
      ->required();
  for (const MeasurementColumn& column : measurement_columns()) {
    if (!is_flag(column)) continue;
    given_[std::string{column.name}] = verb.add_option(
        "--" + std::string{column.name}, texts_[std::string{column.name}], std::string{column.meaning});
  }
}

Measurement QuestionFlags::row() const {
  Measurement row;
  row.model = model_;
  for (const MeasurementColumn& column : measurement_columns()) {
    const auto flag = given_.find(std::string{column.name});
    if (flag == given_.end() || flag->second->count() == 0) continue;
    const std::string& text = texts_.at(flag->first);
    if (text.empty())
      throw InputError{fmt::format("--{} is empty", column.name), "", "give it a value, or drop it"};
    try {
      column.read(row, text);
    } catch (const InputError& problem) {
      throw InputError{fmt::format("invalid --{} {}", column.name, in_quotes(text)), problem.what(),
                       "correct it"};
    }
  }
  if (row.split != Split::none && row.devices == 1)
    throw InputError{"--split needs more than one device", "one device holds the whole model",
                     "add --devices, or drop it"};
  validate(row.workload);
  return row;
}

std::vector<std::string> QuestionFlags::arguments(const Measurement& row) {
  std::vector<std::string> arguments = {row.model};
  for (const MeasurementColumn& column : measurement_columns()) {
    if (!is_flag(column)) continue;
    const std::string text = column.write(row);
    if (text.empty()) continue;
    arguments.push_back(fmt::format("--{}", column.name));
    arguments.push_back(text);
  }
  return arguments;
}

}  // namespace calibram
