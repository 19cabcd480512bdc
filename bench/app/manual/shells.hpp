// SPDX-License-Identifier: MIT
// Scripts that let a shell complete the words of the command line.
#pragma once

#include "bench/app/manual/command_line.hpp"

#include <array>
#include <string>
#include <string_view>

namespace calibram {

inline constexpr std::array<std::string_view, 3> shell_names = {"bash", "zsh", "fish"};

std::string bash_completion(const ProgramDescription& program);
std::string zsh_completion(const ProgramDescription& program);
std::string fish_completion(const ProgramDescription& program);

/// "it's" -> "'it'\\''s'", for bash and zsh; fish writes it as "'it\\'s'".
std::string shell_quoted(std::string_view text);
std::string fish_quoted(std::string_view text);

}  // namespace calibram
