// SPDX-License-Identifier: MIT
// The command of another program behind "--", which is not ours to parse.
#pragma once

#include <CLI/CLI.hpp>

namespace calibram {

/// Gives a verb a command; what its words are after parsing is in the option's results.
CLI::Option* add_trailing_command(CLI::App& verb);

/// Parses the command line, except what is behind "--" of a verb with a command.
/// @throws CLI::ParseError as App::parse; InputError where such a verb has no command
void parse_around_command(CLI::App& app, int argc, char** argv);

}  // namespace calibram
