// SPDX-License-Identifier: MIT
// The program: parses the command line and runs one verb.
#include "bench/app/flags/trailing_command.hpp"
#include "bench/app/usage.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>
#include <map>
#include <string_view>
#include <vector>

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
    Verb{"watch", "Any program: runs it and records its peak memory", add_watch, "Measure"},
    Verb{"import", "An engine's log, or a dump of PyTorch, to measurements", add_import, "Measure"},
    Verb{"fit", "Measurements to a profile", add_fit, "Measure"},
    Verb{"estimate", "How much memory, and which term takes it", add_estimate, "Predict"},
    Verb{"plan", "A grid of models, formats, contexts, batches and cards, as CSV", add_plan, "Predict"},
    Verb{"concurrency", "Memory against the number of requests served at once", add_concurrency, "Predict"},
    Verb{"advise", "What to do where a model does not fit a card", add_advise, "Predict"},
    Verb{"serve", "The calculator as a local web page, and the same answers as a JSON API", add_serve,
         "Predict"},
    Verb{"evaluate", "Measurements against every estimator: the error table", add_evaluate, "Predict"},
    Verb{"check", "Fresh measurements against a profile or older ones: what moved", add_check, "Predict"},
    Verb{"history", "The sweeps of a device over time: each coefficient, and what changed beside it",
         add_history, "Predict"},
    Verb{"report", "Measurements and every estimate as CSV, Markdown or one HTML page", add_report,
         "Predict"},
    Verb{"models", "The models known by name", add_models, "Look up"},
    Verb{"show", "A model as it is understood: layers, parts, bytes, caches", add_show, "Look up"},
    Verb{"runtimes", "The inference engines known, with versions and options", add_runtimes, "Look up"},
    Verb{"formats", "The number formats of weights and KV cache, with their bytes", add_formats, "Look up"},
    Verb{"gpus", "The cards known by name, and what a process gets of their memory", add_gpus, "Look up"},
    Verb{"devices", "The host and the cards of this machine, and what is free on them", add_devices,
         "Look up"},
    Verb{"completion", "A script that lets bash, zsh or fish complete this command line", add_completion,
         "Look up"},
    Verb{"man", "The manual page", add_man, ""},
};

/// False when the help or the version was asked for, and printed. @throws InputError
bool parse(CLI::App& app, int argc, char** argv) {
  const bool is_verb = argc < 2 || argv[1][0] == '-' ||
                       std::any_of(verbs.begin(), verbs.end(),
                                   [&](const Verb& v) { return v.name == std::string_view{argv[1]}; });
  if (!is_verb) {
    std::vector<std::string_view> known;
    for (const Verb& verb : verbs)
      if (*verb.group != '\0') known.emplace_back(verb.name);
    throw unknown_verb(argv[1], known);
  }
  try {
    parse_around_command(app, argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() != 0) throw usage_error(app, problem);
    app.exit(problem);
    return false;
  }
  return true;
}

int run(int argc, char** argv) {
  CLI::App app{"calibram tells how much memory a language model needs, from measurements on this machine.",
               "calibram"};
  app.set_version_flag("--version", "calibram " CALIBRAM_VERSION);
  app.require_subcommand(1);
  std::map<const CLI::App*, Action> actions;
  for (const Verb& verb : verbs) {
    CLI::App* added = app.add_subcommand(verb.name, verb.help)->group(verb.group);
    actions[added] = verb.add(*added);
  }
  return parse(app, argc, argv) ? actions.at(app.get_subcommands().front())() : int{status_done};
}

}  // namespace
}  // namespace calibram

int main(int argc, char** argv) {
  // A file that may not grow further is an error of the write, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  return calibram::exit_status_of("calibram", [&] { return calibram::run(argc, argv); });
}
