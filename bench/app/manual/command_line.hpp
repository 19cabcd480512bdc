// SPDX-License-Identifier: MIT
// The verbs and flags of a program as data, read from its parser: what manual and completions are made of.
#pragma once

#include "bench/app/manual/values.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace calibram {

/// A flag, or a positional argument.
struct OptionDescription {
  std::vector<std::string> names;  ///< "-o", "--output"; empty for a positional
  std::string value;               ///< what its value is called: "FILE"; empty where it takes none
  std::string help;
  const ValueKind* kind = nullptr;  ///< null where anything goes
  bool is_required = false;
  bool repeats = false;  ///< takes any number of values
};

struct VerbDescription {
  std::string name, help, group;
  std::string footer;  ///< what stands below its help
  std::vector<OptionDescription> flags, positionals;
  bool has_command = false;  ///< of another program, behind "--"; no positional
};

struct ProgramDescription {
  std::string name, help;
  std::vector<OptionDescription> flags;
  std::vector<VerbDescription> verbs;  ///< those that the help names

  /// The groups of the verbs, in their order.
  std::vector<std::string> groups() const;
};

/// @param folder  that help texts name, of whoever runs this; the description has $XDG_DATA_HOME/calibram
/// instead
ProgramDescription describe_program(const CLI::App& program, const std::string& folder);

}  // namespace calibram
