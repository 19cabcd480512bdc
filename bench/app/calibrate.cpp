// SPDX-License-Identifier: MIT
// calibram calibrate: the main job. Measures this machine, fits, and says how well theory holds on it.
#include "bench/app/fit_report.hpp"
#include "bench/app/measuring.hpp"
#include "bench/app/profiling.hpp"
#include "bench/app/verbs.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace calibram {
namespace {

struct CalibrateOptions {
  MeasuringOptions measuring;
  bool json = false;
};

/// The one sentence that a person would repeat.
std::string conclusion(const Profile& profile, const std::filesystem::path& file) {
  const ProfileFit* fit = profile.find("calibram", Metric::rss);
  if (fit == nullptr) return fmt::format("profile: {}\n", file.string());
  return fmt::format(
      "On this machine a model that was never measured is predicted within {:.2f} % on average and {:.2f} % "
      "at worst.\n"
      "profile: {}\n",
      100 * fit->fit.leave_one_model_out.mean_abs, 100 * fit->fit.leave_one_model_out.max_abs, file.string());
}

int run_calibrate(const CalibrateOptions& options) {
  const std::filesystem::path csv = options.measuring.measure();
  const std::vector<Measurement> rows = read_measurements(csv);
  const Profile profile = make_profile(rows, this_host());
  const std::filesystem::path file = options.measuring.folder() / "profile.json";
  write_profile(file, profile);
  if (options.json) {
    std::cout << profile_text(profile);
    return status_done;
  }
  for (const ProfileFit& fit : profile.fits)
    if (fit.metric == Metric::rss) std::cout << fit_text(fit) << "\n";
  std::vector<Measurement> resident = rows;
  std::erase_if(resident, [](const Measurement& row) { return row.metric != Metric::rss; });
  std::cout << "Memory against context, as the per-token tables have it:\n\n"
            << per_token_text(resident) << "\n";
  std::cout << conclusion(profile, file);
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
