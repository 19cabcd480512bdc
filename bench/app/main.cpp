// SPDX-License-Identifier: MIT
// The program: parses the command line, runs one verb, prints the one error.
#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"

#include <array>
#include <iostream>
#include <map>

namespace calibram {
namespace {

struct Verb {
  const char* name;
  const char* help;
  Action (*add)(CLI::App&);
  const char* group;  ///< of the help; empty hides it
};

constexpr std::array verbs = {
    Verb{"calibrate", "Measure this machine, fit, report: the main job", add_calibrate, "Measure"},
    Verb{"measure", "The sweep alone: measurements as CSV", add_measure, "Measure"},
    Verb{"measure-point", "One point of a sweep, in this process", add_measure_point, ""},
    Verb{"fit", "Measurements to a profile", add_fit, "Measure"},
    Verb{"estimate", "How much memory, and which term takes it", add_estimate, "Predict"},
    Verb{"evaluate", "Measurements against every estimator: the error table", add_evaluate, "Predict"},
    Verb{"models", "The models known by name", add_models, "Look up"},
    Verb{"runtimes", "The inference engines known, with versions and options", add_runtimes, "Look up"},
    Verb{"formats", "The number formats of weights and KV cache, with their bytes", add_formats, "Look up"},
};

int run(int argc, char** argv) {
  CLI::App app{"calibram tells how much memory a language model needs, from measurements on this machine.",
               "calibram"};
  app.set_version_flag("--version", "calibram " CALIBRAM_VERSION);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) { return std::string{error.what()}; });
  std::map<const CLI::App*, Action> actions;
  for (const Verb& verb : verbs) {
    CLI::App* added = app.add_subcommand(verb.name, verb.help)->group(verb.group);
    actions[added] = verb.add(*added);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem);  // --help, --version
    const auto chosen = app.get_subcommands();
    const std::string verb = chosen.empty() ? "" : chosen.front()->get_name() + " ";
    std::cerr << "calibram: " << problem.what() << "; run \"calibram " << verb
              << "--help\" for what is possible\n";
    return status_bad_input;
  }
  const int status = actions.at(app.get_subcommands().front())();
  if (!std::cout.flush()) throw Error{"cannot write the result", "standard output is closed or full", ""};
  return status;
}

}  // namespace
}  // namespace calibram

int main(int argc, char** argv) {
  try {
    return calibram::run(argc, argv);
  } catch (const calibram::Error& error) {
    std::cerr << "calibram: " << error.what() << "\n";
    return error.exit_status();
  } catch (const std::bad_alloc&) {
    std::cerr << "calibram: out of memory; close other programs, or ask for less at once\n";
  } catch (const std::exception& bug) {
    std::cerr << "calibram: " << bug.what() << " (this is a bug); please report the command that led here\n";
  }
  return calibram::status_failed;
}
