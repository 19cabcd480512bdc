// SPDX-License-Identifier: MIT
// The completion for fish: a line for each verb and each flag.
#include "bench/app/manual/shells.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace calibram {
namespace {

constexpr std::string_view head =
    R"fish(# fish completion for calibram, as "calibram completion fish" prints it.

# Whether the verb is this one, and, where a number is given, whether that many arguments stand behind it.
function __calibram_at
  set -l words (commandline -opc)
  test (count $words) -ge 2; and test "$words[2]" = $argv[1]; or return 1
  test (count $argv) -lt 2; or test (count $words) -eq (math 2 + $argv[2])
end

complete -c calibram -f
)fish";

std::string words_of(const ValueKind* kind) {
  return kind && kind->words ? " -a " + fish_quoted(fmt::format("{}", fmt::join(kind->words(), " "))) : "";
}

/// Files where they may stand, and otherwise none.
const char* files(const ValueKind* kind) { return kind && kind->is_file ? " -F" : " -f"; }

std::string flag_line(const std::string& condition, const OptionDescription& flag) {
  std::string line = "complete -c calibram -n " + fish_quoted(condition);
  for (const std::string& name : flag.names)
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!flag.value.empty()) line += fmt::format(" -r{}{}", files(flag.kind), words_of(flag.kind));
  return line + " -d " + fish_quoted(flag.help) + "\n";
}

/// Only the first of several is known to be at its place: flags stand between the others.
std::string positional_line(const VerbDescription& verb, std::size_t index) {
  const OptionDescription& positional = verb.positionals[index];
  const bool is_followed = verb.positionals.size() > 1 && index == 0;
  const std::string condition = fmt::format("__calibram_at {}{}", verb.name, is_followed ? " 0" : "");
  return fmt::format("complete -c calibram -n {}{}{}\n", fish_quoted(condition), files(positional.kind),
                     words_of(positional.kind));
}

}  // namespace

std::string fish_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

std::string fish_completion(const ProgramDescription& program) {
  std::string text{head};
  for (const OptionDescription& flag : program.flags) text += flag_line("__fish_use_subcommand", flag);
  for (const VerbDescription& verb : program.verbs) {
    text += fmt::format("\ncomplete -c calibram -n __fish_use_subcommand -a {} -d {}\n", verb.name,
                        fish_quoted(verb.help));
    const std::string condition = "__calibram_at " + verb.name;
    for (const OptionDescription& flag : verb.flags) text += flag_line(condition, flag);
    for (std::size_t i = 0; i < verb.positionals.size(); ++i) text += positional_line(verb, i);
    if (verb.has_command)
      text += fmt::format("complete -c calibram -n {} -a '(__fish_complete_subcommand --fcs-skip=3)'\n",
                          fish_quoted("contains -- -- (commandline -opc)"));
  }
  return text;
}

}  // namespace calibram
