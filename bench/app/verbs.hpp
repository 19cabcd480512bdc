// SPDX-License-Identifier: MIT
// The verbs of the command line: each adds its options and gives back what it does.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>

namespace calibram {

/// Runs a verb after its options were parsed; returns the exit status.
using Action = std::function<int()>;

Action add_calibrate(CLI::App& verb);
Action add_measure(CLI::App& verb);
Action add_measure_point(CLI::App& verb);
Action add_watch(CLI::App& verb);
Action add_import(CLI::App& verb);
Action add_fit(CLI::App& verb);
Action add_estimate(CLI::App& verb);
Action add_concurrency(CLI::App& verb);
Action add_advise(CLI::App& verb);
Action add_evaluate(CLI::App& verb);
Action add_check(CLI::App& verb);
Action add_history(CLI::App& verb);
Action add_report(CLI::App& verb);
Action add_plan(CLI::App& verb);
Action add_serve(CLI::App& verb);
Action add_models(CLI::App& verb);
Action add_show(CLI::App& verb);
Action add_runtimes(CLI::App& verb);
Action add_formats(CLI::App& verb);
Action add_gpus(CLI::App& verb);
Action add_devices(CLI::App& verb);
Action add_completion(CLI::App& verb);
Action add_man(CLI::App& verb);

/// Adds --json, which makes standard output one JSON document. Whether it was given.
std::shared_ptr<bool> add_json_flag(CLI::App& verb);

/// Exit statuses.
inline constexpr int status_done = 0;
inline constexpr int status_failed = 1;
inline constexpr int status_bad_input = 2;
inline constexpr int status_outside = 3;  ///< done, but outside the accuracy or the capacity asked for

}  // namespace calibram
