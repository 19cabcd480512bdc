// SPDX-License-Identifier: MIT
// calibram calibrate: the main job. Measures this machine, fits, and says how well theory holds on it.
#include "bench/app/fit/fit_report.hpp"
#include "bench/app/fit/profiling.hpp"
#include "bench/app/measure/measuring.hpp"
#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <iostream>
#include <memory>

namespace calibram {
namespace {

struct CalibrateOptions {
  MeasuringOptions measuring;
  bool json = false;
};

int run_calibrate(const CalibrateOptions& options) {
  const Target target = options.measuring.target();
  const std::filesystem::path file = options.measuring.folder(target) / "profile.json";
  if (std::filesystem::is_directory(file))  // better known before the sweep than after it
    throw InputError{"cannot write the profile " + in_quotes(file.string()), "it is a folder",
                     "name another --out"};
  const std::vector<Measurement> rows =
      read_measurements(options.measuring.measure(target, options.measuring.plan(target)).csv);
  const Profile profile = make_profile(rows, target.device);
  write_profile(file, profile);
  if (options.json) {
    std::cout << profile_text(profile);
    return status_done;
  }
  std::cout << profile_report(profile, rows);
  std::cerr << "profile: " << file.string() << "\n";
  return status_done;
}

}  // namespace

Action add_calibrate(CLI::App& verb) {
  auto options = std::make_shared<CalibrateOptions>();
  options->measuring.add_to(verb);
  verb.add_flag("--json", options->json, "Print the profile as one JSON document");
  return [options] { return run_calibrate(*options); };
}

}  // namespace calibram
