// SPDX-License-Identifier: MIT
// calibram completion and calibram man: what shells and man(1) need to know of this program.
#include "bench/app/flags/estimators.hpp"
#include "bench/app/manual/man_page.hpp"
#include "bench/app/manual/shells.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/names.hpp"
#include "src/core/words.hpp"

#include <iostream>
#include <memory>

namespace calibram {
namespace {

/// Of the program that has this verb.
ProgramDescription program_of(const CLI::App& verb) {
  return describe_program(*verb.get_parent(), profiles_folder().string());
}

std::string completion(const ProgramDescription& program, const std::string& shell) {
  if (shell == "bash") return bash_completion(program);
  if (shell == "zsh") return zsh_completion(program);
  if (shell == "fish") return fish_completion(program);
  throw unknown_name("shell", shell, shell_names);
}

}  // namespace

Action add_completion(CLI::App& verb) {
  auto shell = std::make_shared<std::string>();
  verb.add_option("SHELL", *shell, "Whose: " + joined(shell_names))->required();
  verb.footer(
      "To try it: source <(calibram completion bash)\nfor zsh likewise, once compinit has run; calibram "
      "completion fish | source");
  return [shell, &verb] {
    std::cout << completion(program_of(verb), *shell);
    return status_done;
  };
}

Action add_man(CLI::App& verb) {
  return [&verb] {
    std::cout << man_page(program_of(verb), CALIBRAM_VERSION);
    return status_done;
  };
}

}  // namespace calibram
