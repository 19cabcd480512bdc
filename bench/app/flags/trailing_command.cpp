// SPDX-License-Identifier: MIT
// Cuts the command line at "--".
#include "bench/app/flags/trailing_command.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace calibram {
namespace {

constexpr const char* name = "COMMAND";

/// The command of the verb that the line names; null where that has none.
CLI::Option* command_of(CLI::App& app, int argc, char** argv) {
  if (argc < 2) return nullptr;
  for (CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    if (verb->get_name() == argv[1]) return verb->get_option_no_throw(name);
  return nullptr;
}

bool is_asking_for_help(char** begin, char** end) {
  return std::any_of(begin, end, [](std::string_view word) { return word == "--help" || word == "-h"; });
}

/// @param before  the first word of the command, where one was found in a wrong place
InputError no_command(const std::string& verb, const std::string& before) {
  const std::string example =
      fmt::format("write \"calibram {} -- {}\"", verb, before.empty() ? "COMMAND" : before);
  return InputError{"there is no command to run", "it stands behind \"--\"", example};
}

}  // namespace

CLI::Option* add_trailing_command(CLI::App& verb) {
  return verb.add_option(name, "What to run, with its arguments, behind \"--\"")->expected(0, -1);
}

void parse_around_command(CLI::App& app, int argc, char** argv) {
  CLI::Option* const command = command_of(app, argc, argv);
  if (command == nullptr) return app.parse(argc, argv);
  char** const end = argv + argc;
  char** const mark = std::find(argv, end, std::string_view{"--"});
  if (mark == end || mark + 1 == end) {
    if (!is_asking_for_help(argv, end)) throw no_command(argv[1], mark == end && argc > 2 ? argv[2] : "");
  }
  app.parse(static_cast<int>(mark - argv), argv);
  if (!command->results().empty())
    throw InputError{"unexpected argument " + in_quotes(command->results().front()), "", "drop it"};
  for (char** word = mark + 1; word < end; ++word) command->add_result(std::string{*word});
}

}  // namespace calibram
