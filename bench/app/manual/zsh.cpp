// SPDX-License-Identifier: MIT
// The completion for zsh: one _arguments for each verb.
#include "bench/app/manual/shells.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace calibram {
namespace {

/// With a backslash before each of these.
std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string function_of(const ValueKind* kind) {
  if (!kind) return " ";  // nothing is known
  return kind->words ? fmt::format("_calibram_{}", kind->name) : "_files";
}

std::string word_functions() {
  std::string text;
  for (const ValueKind& kind : value_kinds()) {
    if (!kind.words) continue;
    const std::string files = kind.is_file ? "; _files" : "";
    text +=
        fmt::format("_calibram_{}() {{ compadd -- {}{} }}\n", kind.name, fmt::join(kind.words(), " "), files);
  }
  return text;
}

std::string spec(const OptionDescription& flag) {
  const std::string help = "[" + escaped(flag.help, "[]:") + "]";
  const std::string value =
      flag.value.empty() ? "" : fmt::format(":{}:{}", escaped(flag.value, ":"), function_of(flag.kind));
  const char* often = flag.repeats ? "*" : "";
  if (flag.names.size() == 1)
    return shell_quoted(often + flag.names[0] + (flag.value.empty() ? "" : "=") + help + value);
  // One of several names excludes the others: (-o --output){-o+,--output=}
  std::vector<std::string> names;
  for (const std::string& name : flag.names)
    names.push_back(name + (flag.value.empty() ? "" : name.starts_with("--") ? "=" : "+"));
  const std::string excluded = flag.repeats ? "*" : fmt::format("({})", fmt::join(flag.names, " "));
  return fmt::format("{}{{{}}}{}", shell_quoted(excluded), fmt::join(names, ","), shell_quoted(help + value));
}

std::string spec_of_positional(const OptionDescription& positional, std::size_t index) {
  const std::string place = positional.repeats ? "*" : std::to_string(index + 1);
  const char* optional = positional.is_required || positional.repeats ? ":" : "::";
  return shell_quoted(place + optional + escaped(positional.value, ":") + ":" + function_of(positional.kind));
}

std::string verb_case(const VerbDescription& verb) {
  std::vector<std::string> specs;
  for (const OptionDescription& flag : verb.flags) specs.push_back(spec(flag));
  for (std::size_t i = 0; i < verb.positionals.size(); ++i)
    specs.push_back(spec_of_positional(verb.positionals[i], i));
  if (verb.has_command) specs.push_back("'*::command: _normal'");
  return fmt::format("        {})\n          _arguments \\\n            {} ;;\n", verb.name,
                     fmt::join(specs, " \\\n            "));
}

}  // namespace

std::string zsh_completion(const ProgramDescription& program) {
  std::string verbs, cases;
  for (const VerbDescription& verb : program.verbs) {
    verbs += "        " + shell_quoted(escaped(verb.name, ":") + ":" + verb.help) + "\n";
    cases += verb_case(verb);
  }
  std::vector<std::string> flags;
  for (const OptionDescription& flag : program.flags) flags.push_back(spec(flag));
  return fmt::format(R"zsh(#compdef calibram
# zsh completion for calibram, as "calibram completion zsh" prints it.

{}
_calibram() {{
  local curcontext=$curcontext state state_descr line
  typeset -A opt_args
  _arguments -C \
    {} \
    '1:verb:->verb' '*::argument:->argument' && return
  case $state in
    verb)
      local -a verbs=(
{}      )
      _describe verb verbs ;;
    argument)
      case $words[1] in
{}      esac ;;
  esac
}}

if [ "$funcstack[1]" = _calibram ]; then
  _calibram "$@"
else
  compdef _calibram calibram
fi
)zsh",
                     word_functions(), fmt::join(flags, " \\\n    "), verbs, cases);
}

}  // namespace calibram
