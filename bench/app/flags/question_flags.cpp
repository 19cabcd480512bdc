// SPDX-License-Identifier: MIT
// Flags made from the column table.
#include "bench/app/flags/question_flags.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>

namespace calibram {
namespace {

constexpr std::array<std::string_view, 12> flags = {"runtime", "weights",  "kv",      "batch",
                                                    "prompt",  "generate", "context", "devices",
                                                    "split",   "options",  "metric",  "device"};

/// What a measurement decides by itself, and so is no flag of it.
constexpr std::array<std::string_view, 4> decided_by_measuring = {"devices", "split", "metric", "device"};

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 2> decided_by_watching = {"metric", "device"};

bool is_flag(const MeasurementColumn& column, QuestionScope scope = QuestionScope::asked) {
  const bool is_decided = (scope == QuestionScope::measured && is_among(decided_by_measuring, column.name)) ||
                          (scope == QuestionScope::watched && is_among(decided_by_watching, column.name));
  return is_among(flags, column.name) && !is_decided;
}

const char* help_of_model(QuestionScope scope) {
  switch (scope) {
    case QuestionScope::measured:
      return "Measures this model alone, as the flags below say. Default: the built-in plan";
    case QuestionScope::watched:
      return "What the command runs, for the prediction. Default: none; rows then name the program";
    default:
      return "A name from \"calibram models\", a config.json or its folder, or a size: 70B";
  }
}

template <class Read>
void read_as_flag(const MeasurementColumn& column, const std::string& text, const Read& read) try {
  read();
} catch (const InputError& problem) {
  throw InputError{fmt::format("invalid --{} {}", column.name, in_quotes(text)), problem.what(),
                   "correct it"};
}

}  // namespace

void read_flag(const MeasurementColumn& column, const std::string& text, Measurement& row) {
  read_as_flag(column, text, [&] { column.read(row, text); });
}

void read_flag(const MeasurementColumn& column, const std::string& text, QuestionWords& words) {
  read_as_flag(column, text, [&] { read_word(column, text, words); });
}

std::vector<const MeasurementColumn*> question_columns() {
  std::vector<const MeasurementColumn*> columns;
  for (const MeasurementColumn& column : measurement_columns())
    if (is_flag(column)) columns.push_back(&column);
  return columns;
}

void check_together(int devices, Split split, const Workload& workload) {
  if (split != Split::none && devices == 1)
    throw InputError{"--split needs more than one device", "one device holds the whole model",
                     "add --devices, or drop it"};
  validate(workload);
}

void QuestionFlags::add_to(CLI::App& verb, QuestionScope scope) {
  verb.add_option("MODEL", model_, help_of_model(scope))->required(scope == QuestionScope::asked);
  for (const MeasurementColumn& column : measurement_columns()) {
    if (!is_flag(column, scope)) continue;
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
    read_flag(column, text, row);
  }
  check_together(row.devices, row.split, row.workload);
  return row;
}

std::string QuestionFlags::first_given() const {
  for (const auto& [name, option] : given_)
    if (option->count() > 0) return "--" + name;
  return "";
}

std::vector<std::string> QuestionFlags::arguments(const QuestionWords& words) {
  std::vector<std::string> arguments = {words.model};
  for (const MeasurementColumn* column : question_columns()) {
    const std::string text = word_of(*column, words);
    if (text.empty()) continue;
    arguments.push_back(fmt::format("--{}", column->name));
    arguments.push_back(text);
  }
  return arguments;
}

void print_remarks(const Question& question) {
  if (!question.model) return;
  constexpr std::size_t longest = 600;
  for (const std::string& remark : question.model->remarks)
    std::cerr << fmt::format("note: {}: {}\n", question.model->name, printable(remark, longest));
}

}  // namespace calibram
