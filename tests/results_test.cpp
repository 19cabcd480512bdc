// SPDX-License-Identifier: MIT
// The committed results hold what the project promises of them.
#include "fit/observations.hpp"
#include "fit/profile.hpp"
#include "src/engine/allocators/rounding.hpp"
#include "src/engine/measurement.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace calibram {
namespace {

namespace fs = std::filesystem;

const fs::path results = fs::path{CALIBRAM_SOURCE_DIR} / "results";

/// Sweeps are named by their date; what else a card leaves (benchmarks, witnesses) is not.
bool is_sweep(const fs::path& file) {
  return file.extension() == ".csv" &&
         std::isdigit(static_cast<unsigned char>(file.filename().string().front())) != 0;
}

/// The measurements files of every device that has a profile.
std::vector<fs::path> sweeps() {
  std::vector<fs::path> files;
  for (const auto& device : fs::directory_iterator(results))
    if (fs::exists(device.path() / "profile.json"))
      for (const auto& entry : fs::directory_iterator(device.path()))
        if (is_sweep(entry.path())) files.push_back(entry.path());
  return files;
}

TEST(Results, TheDataDictionaryIsTheColumnTable) {
  std::ifstream in{results / "README.md"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_NE(text.find(data_dictionary()), std::string::npos) << "results/README.md must hold:\n"
                                                             << data_dictionary();
}

TEST(Results, ThePublishedTableHasItsSixteenRows) {
  EXPECT_EQ(read_measurements(results / "published" / "qwen2.csv").size(), 16u);
}

TEST(Results, EveryMeasuredRowIsAccountedFor) {
  ASSERT_FALSE(sweeps().empty());
  for (const fs::path& file : sweeps())
    for (const Measurement& row : read_measurements(file)) {
      ASSERT_EQ(row.outcome, "") << file << ":" << row.line;
      EXPECT_EQ(*row.predicted, *row.requested) << file << ":" << row.line;
      const std::int64_t limit =
          row.slack ? std::max<std::int64_t>(1 << 20, *row.slack) : 2 * device_page_bytes;
      EXPECT_LE(std::abs(*row.unaccounted), limit) << file << ":" << row.line;
    }
}

TEST(Results, ASweepIdentifiesEveryTermAtOneAndPredictsLeftOutModels) {
  for (const fs::path& file : sweeps())
    for (const ObservationGroup& group : observations_of(read_measurements(file)).groups) {
      const Fit fit = calibrate(group.observations, group.noise);
      EXPECT_LE(fit.leave_one_model_out.mean_abs, 0.005) << file;
      EXPECT_LE(fit.leave_one_model_out.max_abs, 0.02) << file;
      for (const TermFit& term : fit.terms) {
        EXPECT_TRUE(term.identified) << file;
        EXPECT_LE(std::abs(term.coefficient - 1), std::max(0.02, 3 * term.std_error)) << file;
      }
    }
}

/// The newest sweep of each folder: names begin with the date.
std::vector<fs::path> newest_sweeps() {
  std::map<fs::path, fs::path> newest;
  for (const fs::path& file : sweeps())
    newest[file.parent_path()] = std::max(newest[file.parent_path()], file);
  std::vector<fs::path> files;
  for (const auto& [folder, file] : newest) files.push_back(file);
  return files;
}

TEST(Results, TheProfileIsTheFitOfTheNewestSweep) {
  for (const fs::path& file : newest_sweeps()) {
    const Profile profile = read_profile(file.parent_path() / "profile.json");
    for (const ObservationGroup& group : observations_of(read_measurements(file)).groups) {
      const ProfileFit* committed = profile.find(group.runtime, group.metric);
      ASSERT_NE(committed, nullptr);
      const Fit fit = calibrate(group.observations, group.noise);
      EXPECT_NEAR(committed->fit.constant_bytes, fit.constant_bytes, 1);
      EXPECT_NEAR(committed->fit.terms[0].coefficient, fit.terms[0].coefficient, 1e-9);
    }
  }
}

}  // namespace
}  // namespace calibram
