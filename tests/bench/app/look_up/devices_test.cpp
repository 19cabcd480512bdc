// SPDX-License-Identifier: MIT
// calibram devices, on machines with and without cards, drivers and a CUDA backend.
#include "tests/bench/app/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Json devices_of(const Machine& machine) {
  const Outcome outcome = machine.run({"devices", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(outcome.out);
}

TEST(DevicesVerb, WithoutABackendTheHostIsListedAndTheReasonSaidOnce) {
  const Machine machine;
  const Outcome outcome = machine.run({"devices"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith("device"));
  EXPECT_THAT(outcome.out, HasSubstr("\nhost "));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 3) << "header, rule and host";
  EXPECT_EQ(outcome.err, "note: there is no card to measure: this build has no CUDA backend\n");
}

TEST(DevicesVerb, WithoutADriverTheReasonIsCudas) {
  Machine machine;
  machine.set_cards({}, "echo 'no CUDA driver is loaded' >&2; exit 1");
  const Outcome outcome = machine.run({"devices", "--json"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(Json::parse(outcome.out).size(), 1u);
  EXPECT_EQ(outcome.err, "note: there is no card to measure: no CUDA driver is loaded\n");
}

TEST(DevicesVerb, EveryDeviceHasTheSameKeys) {
  Machine machine;
  machine.set_cards({h200_description()});
  for (const Json& device : devices_of(machine)) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : device.items()) keys.push_back(key);
    EXPECT_THAT(keys, ElementsAre("device", "name", "total_bytes", "free_bytes", "compute_capability",
                                  "driver", "uuid", "note"));
  }
}

TEST(DevicesVerb, CardsTellWhatIsFreeNow) {
  Machine machine;
  machine.set_cards({h200_description(), t4_description()});
  machine.set_nvml("two_cards");
  const Outcome text = machine.run({"devices"});
  EXPECT_EQ(text.err, "");
  EXPECT_THAT(text.out, HasSubstr("cuda:0  NVIDIA H200 "));
  EXPECT_THAT(text.out, HasSubstr("139.80 GiB  138.82 GiB         9.0  580.159.04"));
  const Json devices = devices_of(machine);
  ASSERT_EQ(devices.size(), 3u);
  EXPECT_EQ(devices[0]["device"], "host");
  EXPECT_GT(devices[0]["total_bytes"], devices[0]["free_bytes"]);
  EXPECT_EQ(devices[1]["free_bytes"], (143771ll - 615 - 1000) << 20);
  EXPECT_EQ(devices[1]["note"], "ECC");
  EXPECT_EQ(devices[2]["device"], "cuda:1");
  EXPECT_EQ(devices[2]["compute_capability"], "7.5");
  EXPECT_TRUE(devices[2]["note"].is_null());
}

TEST(DevicesVerb, WithoutNvmlCudaSaysWhatIsFree) {
  Machine machine;
  machine.set_cards({h200_description()});
  const Json card = devices_of(machine)[1];
  EXPECT_EQ(card["free_bytes"], h200_description().free->count());
  EXPECT_EQ(card["driver"], "13.0");
  EXPECT_EQ(card["note"], "ECC; NVML does not start: Driver Not Loaded");
}

TEST(DevicesVerb, WhatNobodyKnowsIsEmpty) {
  Machine machine;
  DeviceDescription card = h200_description();
  card.free.reset();
  machine.set_cards({card});
  EXPECT_TRUE(devices_of(machine)[1]["free_bytes"].is_null());
  EXPECT_THAT(machine.run({"devices"}).out, testing::Not(HasSubstr("null")));
}

TEST(DevicesVerb, AnInstanceOfMigAndSharedMemoryAreNoted) {
  Machine machine;
  DeviceDescription instance = h200_description(), integrated = t4_description();
  instance.uuid = "GPU-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
  integrated.is_integrated = true;
  machine.set_cards({instance, integrated});
  machine.set_nvml("mig");
  const Json devices = devices_of(machine);
  EXPECT_THAT(devices[1]["note"].get<std::string>(), StartsWith("MIG instance; ECC"));
  EXPECT_THAT(devices[2]["note"].get<std::string>(),
              testing::EndsWith("cannot be measured: it has no memory of its own but shares the host's"));
}

TEST(DevicesVerb, ACardThatCudaDoesNotShowIsListedWithoutANumber) {
  Machine machine;
  machine.set_cards({}, "echo 'the driver is older than CUDA 13.0 needs' >&2; exit 1");
  machine.set_nvml("one_card");
  const Outcome outcome = machine.run({"devices", "--json"});
  EXPECT_EQ(outcome.err, "note: there is no card to measure: the driver is older than CUDA 13.0 needs\n");
  const Json devices = Json::parse(outcome.out);
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_TRUE(devices[1]["device"].is_null());
  EXPECT_EQ(devices[1]["name"], "NVIDIA H200");
  EXPECT_EQ(devices[1]["note"], "CUDA does not show it");
}

TEST(DevicesVerb, ACardThatFailsIsSaidBesideTheOthers) {
  Machine machine;
  machine.set_cards({h200_description()}, "echo 'cuda:1 fell off the bus' >&2; exit 1");
  const Outcome outcome = machine.run({"devices", "--json"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(Json::parse(outcome.out).size(), 2u);
  EXPECT_EQ(outcome.err, "note: not every card answers: cuda:1 fell off the bus\n");
}

}  // namespace
}  // namespace calibram
