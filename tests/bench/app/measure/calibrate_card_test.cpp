// SPDX-License-Identifier: MIT
// A whole calibration of a card that is not there: measured, fitted, kept, resumed, and asked.
#include "fit/profile.hpp"
#include "src/engine/measurement.hpp"
#include "tests/bench/app/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;

/// Where the card's profile lies by default.
constexpr const char* profile_folder = ".local/share/calibram/nvidia-h200";

class CalibratedMachine : public Machine {
 public:
  CalibratedMachine() {
    set_cuda_program(CALIBRAM_FAKE_CUDA_PROGRAM);
    set_nvml("one_card");
    calibration_ = run({"calibrate", "--quick", "--out", profile_folder});
  }

  const Outcome& calibration() const { return calibration_; }
  fs::path path() const { return program().folder().path() / profile_folder; }
  fs::path csv() const {
    for (const auto& entry : fs::directory_iterator(path()))
      if (entry.path().extension() == ".csv") return entry.path();
    return {};
  }

 private:
  Outcome calibration_;
};

TEST(CalibrateCard, EveryPointIsMeasuredOnTheCard) {
  const CalibratedMachine machine;
  ASSERT_EQ(machine.calibration().status, 0) << machine.calibration().err;
  EXPECT_THAT(machine.calibration().err, testing::StartsWith("measuring NVIDIA H200 (cuda:0), 139.80 GiB"));
  EXPECT_THAT(machine.calibration().err, HasSubstr(" 1 at a time within 131.88 GiB\n"));
  const std::vector<Measurement> rows = read_measurements(machine.csv());
  EXPECT_GE(rows.size(), 12u);
  for (const Measurement& row : rows) {
    EXPECT_EQ(row.outcome, "") << row.reason;
    EXPECT_EQ(row.device, "NVIDIA H200");
    EXPECT_THAT(row.source, testing::EndsWith(", driver 580.159.04, CUDA 13.0"));
  }
}

TEST(CalibrateCard, TheProfileSaysWhichCardAndWhichVersions) {
  const CalibratedMachine machine;
  ASSERT_EQ(machine.calibration().status, 0) << machine.calibration().err;
  const Profile profile = read_profile(machine.path() / "profile.json");
  EXPECT_EQ(profile.device.name, "NVIDIA H200");
  EXPECT_EQ(profile.device.kind, "cuda");
  EXPECT_EQ(profile.device.total_bytes, h200_description().total.count());
  EXPECT_EQ(profile.device.driver, "580.159.04");
  EXPECT_EQ(profile.versions.at("cuda_driver"), "13.0");
  EXPECT_EQ(profile.versions.at("cuda_runtime"), "13.0");
  EXPECT_EQ(profile.versions.count("calibram"), 1u);
  EXPECT_TRUE(profile.find("calibram", Metric::device) != nullptr);
}

TEST(CalibrateCard, TheProfileAnswersForTheCardByNameAndByNumber) {
  const CalibratedMachine machine;
  for (const std::string device : {"NVIDIA H200", "cuda:0"}) {
    const Outcome outcome =
        machine.run({"estimate", "qwen2-0.5b", "--metric", "device", "--device", device, "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const Json json = Json::parse(outcome.out);
    EXPECT_THAT(json["profile"].get<std::string>(), testing::EndsWith("nvidia-h200/profile.json"));
    EXPECT_GT(json["bound99_bytes"], json["total_bytes"]);
    EXPECT_EQ(json["fits"][0]["named"], device == "cuda:0") << "what is here is meant";
  }
}

TEST(CalibrateCard, WhatWasMeasuredIsNotMeasuredAgain) {
  const CalibratedMachine machine;
  const std::size_t rows = read_measurements(machine.csv()).size();
  const Outcome resumed = machine.run({"measure", "--quick", "--out", profile_folder, "--resume"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("measured 0 points, "));
  EXPECT_EQ(read_measurements(machine.csv()).size(), rows);
}

}  // namespace
}  // namespace calibram
