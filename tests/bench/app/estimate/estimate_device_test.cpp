// SPDX-License-Identifier: MIT
// calibram estimate --device: whose profile answers, and whether it fits the card of this machine.
#include "fit/profile.hpp"
#include "tests/bench/app/machine.hpp"
#include "tests/fit/sweeps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using testing::HasSubstr;

/// A card's profile in the folder where "calibram calibrate" puts it.
void add_profile(const Machine& machine, const std::string& folder, const std::string& device,
                 const std::string& driver = "580.159.04") {
  Profile profile;
  profile.device = {device, "cuda", 0, driver};
  profile.created = "2026-01-01T00:00:00Z";
  profile.commit = "abc";
  profile.fits.push_back({"calibram", Metric::allocated, "", calibrate(sweep(6, {}), sweep_noise)});
  const fs::path path = machine.program().folder().path() / ".local/share/calibram" / folder;
  fs::create_directories(path);
  write_profile(path / "profile.json", profile);
}

struct Asked {
  Outcome outcome;
  Json json;
};

Asked ask(const Machine& machine, std::vector<std::string> flags, int status = 0) {
  flags.insert(flags.begin(), {"estimate", "qwen2-7b", "--weights", "fp16", "--json"});
  const Outcome outcome = machine.run(flags);
  EXPECT_EQ(outcome.status, status) << outcome.err;
  return {outcome, Json::parse(outcome.out)};
}

std::string profile_of(const Asked& answer) {
  return answer.json["profile"].is_null() ? "" : answer.json["profile"].get<std::string>();
}

/// A machine whose calibram-cuda notes that it was called.
struct NotingMachine : Machine {
  NotingMachine() { set_cards({h200_description(), t4_description()}, "touch '" + note().string() + "'"); }
  fs::path note() const { return folder().path() / "called"; }
};

TEST(EstimateDevice, ACardsNameFindsItsProfileWithoutLookingForTheCard) {
  NotingMachine machine;
  add_profile(machine, "nvidia-h200", "NVIDIA H200");
  add_profile(machine, "tesla-t4", "Tesla T4");
  EXPECT_THAT(profile_of(ask(machine, {"--device", "Tesla T4"})), HasSubstr("/tesla-t4/profile.json"));
  const Asked h200 = ask(machine, {"--device", "NVIDIA H200"});
  EXPECT_THAT(profile_of(h200), HasSubstr("/nvidia-h200/profile.json"));
  EXPECT_EQ(h200.outcome.err, "");
  EXPECT_EQ(h200.json["fits"][0]["named"], false) << "a name alone is no question whether it fits";
  EXPECT_EQ(profile_of(ask(machine, {"--device", "A100"})), "") << "no profile: theory answers";
  EXPECT_EQ(profile_of(ask(machine, {"--device", "host"})), "");
  EXPECT_FALSE(fs::exists(machine.note()));
}

TEST(EstimateDevice, WithoutADeviceTheOnlyProfileAnswers) {
  NotingMachine machine;
  EXPECT_EQ(profile_of(ask(machine, {})), "");
  add_profile(machine, "nvidia-h200", "NVIDIA H200");
  EXPECT_THAT(profile_of(ask(machine, {})), HasSubstr("/nvidia-h200/profile.json"));
  EXPECT_THAT(profile_of(ask(machine, {"--device", "auto"})), HasSubstr("/nvidia-h200/profile.json"));
  add_profile(machine, "tesla-t4", "Tesla T4");
  EXPECT_EQ(profile_of(ask(machine, {})), "") << "which of the two is meant cannot be known";
  EXPECT_FALSE(fs::exists(machine.note()));
}

TEST(EstimateDevice, ACardOfThisMachineGivesItsProfileAndItsCapacity) {
  NotingMachine machine;
  machine.set_nvml("two_cards");
  add_profile(machine, "nvidia-h200", "NVIDIA H200");
  for (const std::string device : {"cuda", "cuda:0"}) {
    const Asked answer = ask(machine, {"--device", device});
    EXPECT_THAT(profile_of(answer), HasSubstr("/nvidia-h200/profile.json"));
    EXPECT_EQ(answer.outcome.err, "");
    const Json fits = answer.json["fits"][0];
    EXPECT_EQ(fits["gpu"], "NVIDIA H200");
    EXPECT_EQ(fits["capacity_bytes"], h200_description().total.count());
    EXPECT_EQ(fits["headroom_bytes"], h200_description().total.count() -
                                          fits["set_aside_bytes"].get<std::int64_t>() -
                                          answer.json["bound99_bytes"].get<std::int64_t>());
  }
  EXPECT_TRUE(fs::exists(machine.note()));
}

TEST(EstimateDevice, WhatDoesNotFitTheCardEndsWithStatus3) {
  NotingMachine machine;
  const Asked answer = ask(machine, {"--device", "cuda:1", "--context", "1000000"}, 3);
  EXPECT_EQ(answer.json["fits"][0]["gpu"], "Tesla T4");
  EXPECT_EQ(answer.json["fits"][0]["fits"], false);
  EXPECT_THAT(machine.run({"estimate", "qwen2-7b", "--weights", "fp32", "--device", "cuda:1"}).out,
              HasSubstr("\ndoes not fit Tesla T4 ("));
}

TEST(EstimateDevice, ACapacityThatIsGivenCountsInsteadOfTheCards) {
  NotingMachine machine;
  const Asked answer = ask(machine, {"--device", "cuda:1", "--capacity", "24GiB"});
  EXPECT_EQ(answer.json["fits"][0]["gpu"], "24.00 GiB");
  EXPECT_EQ(answer.json["fits"][1]["named"], false);
}

TEST(EstimateDevice, AnotherDriverThanTheProfilesIsWarnedOf) {
  NotingMachine machine;
  machine.set_nvml("two_cards");
  add_profile(machine, "nvidia-h200", "NVIDIA H200", "535.104.05");
  EXPECT_EQ(
      ask(machine, {"--device", "cuda:0"}).outcome.err,
      "warning: the profile is of another driver ('535.104.05', not '580.159.04'); calibrate that one, or "
      "take its figures with care\n");
  EXPECT_EQ(ask(machine, {"--device", "NVIDIA H200"}).outcome.err, "") << "nothing here to compare it with";
}

TEST(EstimateDevice, ACardThatIsNotThereIsRefusedWithTheReason) {
  Machine machine;
  const Outcome none = machine.run({"estimate", "qwen2-7b", "--device", "cuda:0"});
  EXPECT_EQ(none.status, 2);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(
      none.err,
      "calibram: there is no card for --device 'cuda:0' (this build has no CUDA backend); name the card "
      "itself, and its --capacity\n");
  machine.set_cards({h200_description()});
  EXPECT_EQ(
      machine.run({"estimate", "qwen2-7b", "--device", "cuda:7"}).err,
      "calibram: there is no card for --device 'cuda:7' (this machine has cuda:0 (NVIDIA H200)); name one "
      "of them\n");
  EXPECT_EQ(machine.run({"estimate", "qwen2-7b", "--device", "cuda:x"}).status, 2);
}

}  // namespace
}  // namespace calibram
