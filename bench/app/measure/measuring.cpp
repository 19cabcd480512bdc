// SPDX-License-Identifier: MIT
// Runs a sweep for a person: where it goes, what it may take, how Ctrl-C ends it.
#include "bench/app/measure/measuring.hpp"

#include "bench/app/flags/estimators.hpp"
#include "bench/app/measure/progress.hpp"
#include "bench/app/measure/sweep_files.hpp"
#include "bench/app/usage.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"
#include "src/core/utc.hpp"

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <system_error>
#include <vector>

namespace calibram {
namespace {

namespace fs = std::filesystem;

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

extern "C" void note_interrupt(int) { interrupted = true; }

/// While it lives, Ctrl-C and termination ask the sweep to stop instead of ending the process.
class InterruptGuard {
 public:
  InterruptGuard() {
    struct sigaction action {};
    action.sa_handler = note_interrupt;
    for (std::size_t i = 0; i < std::size(signals); ++i) ::sigaction(signals[i], &action, &before_[i]);
  }
  ~InterruptGuard() {
    for (std::size_t i = 0; i < std::size(signals); ++i) ::sigaction(signals[i], &before_[i], nullptr);
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before_[std::size(signals)]{};
};

void say_what_is_measured(const Target& target, const SweepOptions& options, std::size_t points) {
  std::cerr << fmt::format("measuring {}, {} of memory, {} points, {} at a time within {}{}\n", target.title,
                           gib_text(Bytes{target.device.total_bytes}), points, options.parallel,
                           gib_text(options.budget), target.note.empty() ? "" : "; " + target.note);
}

void say_result(const SweepResult& result, const fs::path& csv) {
  std::string line = fmt::format("measured {} points", result.measured);
  const auto also = [&](std::size_t count, const char* what) {
    if (count > 0) line += fmt::format(", {} {}", count, what);
  };
  also(result.reused, "measured before");
  also(result.skipped, "skipped");
  also(result.rejected, "rejected");
  also(result.failed, "failed");
  std::cerr << line << ": " << csv.string() << "\n";
  if (result.dropped > Bytes{})
    std::cerr << fmt::format("note: cut off {} bytes of a half-written last line\n", result.dropped.count());
}

}  // namespace

void MeasuringOptions::add_to(CLI::App& verb) {
  verb.add_option("--device", device_, "auto, host or cuda[:N]. Default: auto, a card where there is one");
  const std::string home = profiles_folder().string();
  verb.add_option("--out", out_,
                  "Folder for measurements and profile" +
                      (home.empty() ? "" : ". Default: the device's folder in " + home));
  verb.add_option("--budget", budget_,
                  "Memory that the sweep may take (4GiB). Default: of the host half of what is available, at "
                  "most 8 GiB; of a card what is free, less 5 % or 1 GiB");
  verb.add_flag("--resume", resume_, "Go on with the newest measurements of the folder");
  verb.add_flag("--quick", quick_, "A few small points: enough to try it, too little to rely on");
  verb.add_flag("--full", full_, "Every configuration of a card's plan, three times each; slower");
}

Target MeasuringOptions::target() const { return find_target(device_); }

std::vector<Point> MeasuringOptions::plan(const Target& target) const {
  if (quick_ && full_) throw exclusive_flags("--quick", "--full", "a sweep has one size");
  return target.plan(quick_ ? PlanSize::quick : full_ ? PlanSize::full : PlanSize::standard);
}

fs::path MeasuringOptions::folder(const Target& target) const {
  fs::path folder = out_.empty() ? default_profile_folder(target.device.name) : fs::path{out_};
  if (folder.empty())
    throw InputError{"there is no folder to write to", "neither XDG_DATA_HOME nor HOME is set",
                     "name one with --out"};
  if (out_.empty() && quick_) folder /= "quick";  // a trial must not replace the profile that estimates use
  std::error_code failure;
  if (fs::exists(folder, failure) && !fs::is_directory(folder, failure))
    throw InputError{fmt::format("cannot write into {}", in_quotes(folder.string())), "it is no folder",
                     "name a folder with --out"};
  fs::create_directories(folder, failure);
  if (failure)
    throw Error{
        fmt::format("cannot make the folder {}", in_quotes(folder.string())),
        // What /proc says of a folder that is to be made: it has no room for such.
        failure == std::errc::no_such_file_or_directory ? "no folder can be made there" : failure.message(),
        "name another one with --out"};
  return folder;
}

fs::path MeasuringOptions::csv(const Target& target) const {
  const fs::path into = folder(target);
  if (const fs::path newest = resume_ ? newest_sweep(into) : fs::path{}; !newest.empty()) return newest;
  const std::string name = utc_today() + "-" + target.provenance.versions.at("commit");
  fs::path file = into / (name + ".csv");
  for (int i = 2; fs::exists(file); ++i) file = into / fmt::format("{}-{}.csv", name, i);
  return file;
}

MeasuringOptions::Outcome MeasuringOptions::measure(const Target& target,
                                                    const std::vector<Point>& plan) const {
  SweepOptions options;
  options.budget = target.budget(budget_);
  options.csv = csv(target);
  options.resume = resume_ && fs::exists(options.csv);
  options.parallel = target.parallel;
  options.child_overhead = target.child_overhead;
  options.provenance = target.provenance;
  options.run_point = target.run_point;
  say_what_is_measured(target, options, plan.size());
  ProgressBar bar;
  options.on_progress = [&](const SweepProgress& progress) { bar.show(progress); };
  const InterruptGuard guard;
  const SweepResult result = run_sweep(plan, options, interrupted);
  say_result(result, options.csv);
  if (result.interrupted)
    throw Error{"interrupted",
                fmt::format("{} of {} points are in {}", result.measured + result.reused, plan.size(),
                            options.csv.string()),
                "go on with --resume"};
  if (result.measured + result.reused == 0)
    throw Error{"no point could be measured", "see the column reason of " + options.csv.string(), ""};
  return {options.csv, result};
}

}  // namespace calibram
