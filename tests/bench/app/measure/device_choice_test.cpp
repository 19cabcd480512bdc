// SPDX-License-Identifier: MIT
// --device auto, host and cuda[:N] of the verbs that measure, and the lock of a card.
#include "tests/bench/app/machine.hpp"
#include "tests/support/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A sweep that ends at once: nothing fits a budget of one byte, and the first line says what it would
/// measure.
Outcome measure_nothing(const Machine& machine, const std::string& device) {
  return machine.run({"measure", "--quick", "--budget", "1", "--out", "sweep", "--device", device});
}

TEST(DeviceChoice, AutoTakesTheHostAndSaysWhyNotACard) {
  Machine machine;
  EXPECT_THAT(measure_nothing(machine, "auto").err,
              HasSubstr("; not a card: this build has no CUDA backend\n"));
  machine.set_cards({}, "echo 'no driver' >&2; exit 1");
  const Outcome outcome = measure_nothing(machine, "auto");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, StartsWith("measuring "));
  EXPECT_THAT(outcome.err.substr(0, outcome.err.find('\n')), testing::EndsWith("; not a card: no driver"));
}

TEST(DeviceChoice, AutoTakesTheFirstCardThatCanBeMeasured) {
  Machine machine;
  DeviceDescription integrated = t4_description();
  integrated.index = 0;
  integrated.is_integrated = true;
  DeviceDescription card = h200_description();
  card.index = 1;
  machine.set_cards({integrated, card});
  EXPECT_THAT(measure_nothing(machine, "auto").err, StartsWith("measuring NVIDIA H200 (cuda:1), 139.80 GiB"));
  machine.set_cards({integrated});
  EXPECT_THAT(measure_nothing(machine, "auto").err,
              HasSubstr("; not a card: Tesla T4: it has no memory of its own but shares the host's\n"));
}

TEST(DeviceChoice, TheHostIsMeasuredWithoutLookingForCards) {
  Machine machine;
  machine.set_cards({h200_description()}, "touch '" + (machine.folder().path() / "asked").string() + "'");
  const Outcome outcome = measure_nothing(machine, "host");
  EXPECT_THAT(outcome.err, StartsWith("measuring "));
  EXPECT_THAT(outcome.err, Not(HasSubstr("card")));
  EXPECT_FALSE(fs::exists(machine.folder().path() / "asked"));
}

TEST(DeviceChoice, CudaTakesTheFirstOrTheOneThatIsNumbered) {
  Machine machine;
  machine.set_cards({h200_description(), t4_description()});
  EXPECT_THAT(measure_nothing(machine, "cuda").err, StartsWith("measuring NVIDIA H200 (cuda:0), "));
  EXPECT_THAT(measure_nothing(machine, "cuda:1").err, StartsWith("measuring Tesla T4 (cuda:1), 14.74 GiB"));
}

TEST(DeviceChoice, WithoutNvmlThatIsSaidOnce) {
  Machine machine;
  machine.set_cards({h200_description()});
  EXPECT_THAT(measure_nothing(machine, "cuda").err,
              HasSubstr("; NVML does not start: Driver Not Loaded, so nobody watches for other processes\n"));
  machine.set_nvml("one_card");
  EXPECT_THAT(measure_nothing(machine, "cuda").err, Not(HasSubstr("NVML")));
}

TEST(DeviceChoice, WhatIsNotThereIsRefusedWithWhatIs) {
  Machine machine;
  const auto refusal = [&](const std::string& device) {
    const Outcome outcome = machine.run({"calibrate", "--quick", "--device", device});
    EXPECT_EQ(outcome.status, 2) << device;
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_EQ(refusal("cuda"),
            "calibram: there is no card for --device 'cuda' (this build has no CUDA backend); use --device "
            "host\n");
  machine.set_cards({}, "echo 'no driver' >&2; exit 1");
  EXPECT_EQ(refusal("cuda:0"),
            "calibram: there is no card for --device 'cuda:0' (no driver); use --device host\n");
  machine.set_cards({h200_description(), t4_description()});
  EXPECT_EQ(refusal("cuda:7"),
            "calibram: there is no card for --device 'cuda:7' (this machine has cuda:0 (NVIDIA H200), cuda:1 "
            "(Tesla T4)); name one of them\n");
  DeviceDescription integrated = t4_description();
  integrated.is_integrated = true;
  machine.set_cards({integrated});
  EXPECT_EQ(refusal("cuda"),
            "calibram: cannot measure cuda:1 (Tesla T4) (it has no memory of its own but shares the host's); "
            "use --device host\n");
}

TEST(DeviceChoice, AMistypedDeviceIsExplained) {
  const Machine machine;
  for (const std::string bad : {"gpu", "Host", "cuda ", "cuda0", ""})
    EXPECT_EQ(machine.run({"measure", "--device", bad}).err,
              "calibram: unknown --device '" + bad + "'; the known ones are auto, host, cuda[:N]\n");
  for (const std::string bad : {"cuda:", "cuda:x", "cuda:-1", "cuda:-0", "cuda:+1", "cuda:1.0", "cuda: 1",
                                "cuda:99999999999999999999", "cuda:2147483648"}) {
    const Outcome outcome = machine.run({"measure", "--device", bad});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.err,
              "calibram: invalid --device '" + bad +
                  "' (after cuda: comes a card's number, 0 or more); run \"calibram devices\" for "
                  "those of this machine\n");
  }
}

TEST(DeviceChoice, TheBudgetOfACardIsWhatIsFreeOfIt) {
  Machine machine;
  machine.set_cards({t4_description()});
  const Outcome outcome = machine.run({"measure", "--quick", "--device", "cuda:1", "--budget", "14.5GiB"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(
      outcome.err,
      "calibram: --budget 14.50 GiB is more than Tesla T4 has free (13.97 GiB of 14.74 GiB); lower it, or "
      "end what uses the card\n");
}

TEST(DeviceChoice, ASweepHasOneSize) {
  const Machine machine;
  EXPECT_EQ(machine.run({"measure", "--device", "host", "--quick", "--full"}).err,
            "calibram: --quick and --full exclude each other (a sweep has one size); drop one\n");
}

TEST(DeviceChoice, ASecondCalibrationOfACardIsRefusedUntilTheFirstEnds) {
  Machine machine;
  machine.set_cards({h200_description()});
  // The first one's measuring child never ends by itself.
  const fs::path script = machine.folder().path() / "calibram-cuda";
  std::string text = machine.folder().read("calibram-cuda");
  text.replace(text.find("[ \"$1\""), 0,
               "[ \"$1\" = devices ] || { touch '" + script.string() + ".measures'; exec sleep 60; }\n");
  machine.folder().write("calibram-cuda", text);
  const pid_t first = machine.program().start({"measure", "--quick", "--device", "cuda", "--out", "one"});
  ASSERT_TRUE(comes_true([&] { return fs::exists(script.string() + ".measures"); }));
  const Outcome second = machine.run({"measure", "--quick", "--device", "cuda", "--out", "two"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err,
              StartsWith("calibram: another calibration is measuring this card (it holds the lock "));
  EXPECT_FALSE(fs::exists(machine.program().folder().path() / "two")) << "nothing is written before";
  ::kill(first, SIGINT);
  EXPECT_EQ(machine.program().wait_for(first).status, 1);
  EXPECT_THAT(measure_nothing(machine, "cuda").err, Not(HasSubstr("another calibration")));
}

}  // namespace
}  // namespace calibram
