// SPDX-License-Identifier: MIT
// The completion for bash: tables of words, and one function that finds the place of the cursor.
#include "bench/app/manual/shells.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace calibram {
namespace {

// Words, places and the function are named after the program. Bash hands over "--flag=value" as three words.
constexpr std::string_view function = R"bash(
# PROGRAM VERB FLAG-OR-NUMBER-OF-POSITIONAL: answers what may stand there.
_calibram_offer() {
  local kind words
  kind=$(_calibram_kind "$1" "$2")
  words=$(_calibram_words "$kind")
  case $kind in
    file | model) ;;
    *) compopt +o default +o bashdefault 2>/dev/null ;;  # no files
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

_calibram() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} flags i positional=0
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_calibram_flags '')" -- "$cur")
    return
  fi
  if [ "$cur" = = ]; then
    cur=''
  elif [ "$prev" = = ]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  if [ "$prev" != -- ] && [ -n "$(_calibram_kind "$verb" "$prev")" ]; then
    _calibram_offer "$verb" "$prev"
    return
  fi
  for ((i = 2; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      --)
        if declare -F _command_offset >/dev/null; then
          _command_offset $((i + 1))
        elif [ "$COMP_CWORD" -eq $((i + 1)) ]; then
          mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        fi
        return
        ;;
      -*)
        [ -z "$(_calibram_kind "$verb" "${COMP_WORDS[i]}")" ] || ((++i))
        [ "${COMP_WORDS[i]}" != = ] || ((++i))
        ;;
      *) ((++positional)) ;;
    esac
  done
  if [[ $cur = -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_calibram_flags "$verb")" -- "$cur")
    return
  fi
  _calibram_offer "$verb" "$positional"
}

complete -o bashdefault -o default -F _calibram calibram
)bash";

std::string word_table() {
  std::string text = "_calibram_words() {\n  case $1 in\n";
  for (const ValueKind& kind : value_kinds())
    if (kind.words)
      text += fmt::format("    {}) echo {} ;;\n", kind.name,
                          shell_quoted(fmt::format("{}", fmt::join(kind.words(), " "))));
  return text + "  esac\n}\n";
}

std::string_view kind_name(const OptionDescription& option) {
  return option.kind ? option.kind->name : "any";
}

/// A positional stands at its number; one that repeats, at all that follow as well.
std::string place(const VerbDescription& verb, std::size_t positional) {
  return verb.positionals[positional].repeats ? fmt::format("'{} '[0-9]*", verb.name)
                                              : fmt::format("'{} {}'", verb.name, positional);
}

std::string kind_table(const ProgramDescription& program) {
  std::string text = "\n_calibram_kind() {\n  case \"$1 $2\" in\n";
  for (const VerbDescription& verb : program.verbs) {
    for (const OptionDescription& flag : verb.flags)
      for (const std::string& name : flag.names)
        if (!flag.value.empty())
          text += fmt::format("    '{} {}') echo {} ;;\n", verb.name, name, kind_name(flag));
    for (std::size_t i = 0; i < verb.positionals.size(); ++i)
      text += fmt::format("    {}) echo {} ;;\n", place(verb, i), kind_name(verb.positionals[i]));
  }
  return text + "  esac\n}\n";
}

std::string flag_words(const std::vector<OptionDescription>& flags) {
  std::vector<std::string> names;
  for (const OptionDescription& flag : flags) names.insert(names.end(), flag.names.begin(), flag.names.end());
  return fmt::format("{}", fmt::join(names, " "));
}

/// Of the empty verb: the verbs.
std::string flag_table(const ProgramDescription& program) {
  std::vector<std::string> verbs;
  std::string text;
  for (const VerbDescription& verb : program.verbs) {
    verbs.push_back(verb.name);
    text += fmt::format("    {}) echo '{}' ;;\n", verb.name, flag_words(verb.flags));
  }
  return fmt::format("\n_calibram_flags() {{\n  case $1 in\n    '') echo '{} {}' ;;\n{}  esac\n}}\n",
                     fmt::join(verbs, " "), flag_words(program.flags), text);
}

}  // namespace

std::string shell_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result + "'";
}

std::string bash_completion(const ProgramDescription& program) {
  return "# bash completion for calibram, as \"calibram completion bash\" prints it.\n\n" + word_table() +
         kind_table(program) + flag_table(program) + std::string{function};
}

}  // namespace calibram
