// SPDX-License-Identifier: MIT
// The workload flags of the command line: the words of the measurements CSV.
#pragma once

#include "src/engine/question_words.hpp"

#include <CLI/CLI.hpp>

#include <map>
#include <string>
#include <vector>

namespace calibram {

/// What was assumed about the question's model, as notes on standard error.
void print_remarks(const Question& question);

/// Reads a flag as the column of its name is read. @throws InputError naming the flag
void read_flag(const MeasurementColumn& column, const std::string& text, Measurement& row);
void read_flag(const MeasurementColumn& column, const std::string& text, QuestionWords& words);

/// The columns that are flags of a question, in the table's order; MODEL is none.
std::vector<const MeasurementColumn*> question_columns();

/// What must hold of several flags together. @throws InputError naming them
void check_together(int devices, Split split, const Workload& workload);

/// Which flags a verb has.
enum class QuestionScope : unsigned char {
  asked,     ///< all of them; MODEL must be given
  measured,  ///< MODEL may be missing; metric and devices follow from what is measured
  watched,   ///< MODEL may be missing; metric and device follow from what is measured
};

/// MODEL and --runtime --weights --kv --batch --prompt --generate --context --devices --split --options
/// --metric --device, each checked as the CSV column of its name is.
class QuestionFlags {
 public:
  void add_to(CLI::App& verb, QuestionScope scope = QuestionScope::asked);

  bool has_model() const { return !model_.empty(); }

  /// The row that the flags describe. @throws InputError naming the flag
  Measurement row() const;

  /// The first flag that was given, MODEL aside; empty for none.
  std::string first_given() const;

  /// MODEL and the flags that say these words again.
  static std::vector<std::string> arguments(const QuestionWords& words);

 private:
  std::string model_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, const CLI::Option*> given_;
};

}  // namespace calibram
