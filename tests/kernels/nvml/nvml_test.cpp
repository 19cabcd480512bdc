// SPDX-License-Identifier: MIT
// NVML through libraries that stand in for a driver's: what it answers, refuses, or does not know yet.
#include "kernels/nvml/nvml.hpp"

#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;

constexpr const char* h200_uuid = "GPU-11111111-2222-3333-4444-555555555555";

/// The library with recorded answers. @param scene  see fake_nvml.cpp
Nvml nvml_of(const char* scene, const char* library = CALIBRAM_FAKE_NVML) {
  ::setenv("FAKE_NVML", scene, 1);
  return Nvml{library};
}

NvmlDevice only_device(const Nvml& nvml) {
  const std::vector<NvmlDevice> devices = nvml.devices();
  if (devices.size() != 1) throw std::runtime_error{"not one device"};
  return devices.front();
}

TEST(Nvml, ACardTellsWhatItIs) {
  const Nvml nvml = nvml_of("one_card");
  ASSERT_TRUE(nvml.is_present()) << nvml.absence();
  EXPECT_EQ(nvml.absence(), "");
  EXPECT_EQ(nvml.driver_version(), "580.159.04");
  const NvmlDevice card = only_device(nvml);
  EXPECT_EQ(card.name(), "NVIDIA H200");
  EXPECT_EQ(card.uuid(), h200_uuid);
  EXPECT_EQ(card.has_ecc(), true);
  EXPECT_EQ(card.in_mig_mode(), false);
}

TEST(Nvml, TheSecondVersionOfMemoryKeepsWhatTheDriverReservesApart) {
  const std::optional<NvmlMemory> memory = only_device(nvml_of("one_card")).memory();
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->total, 143771_MiB);
  EXPECT_EQ(memory->used, 1000_MiB);
  EXPECT_EQ(memory->reserved, 615_MiB);
  EXPECT_EQ(memory->free + memory->used + *memory->reserved, memory->total);
}

TEST(Nvml, ProcessesSayWhatTheyUse) {
  const auto processes = only_device(nvml_of("one_card")).processes();
  ASSERT_TRUE(processes);
  ASSERT_EQ(processes->size(), 2u);
  EXPECT_EQ((*processes)[0].pid, 4711u);
  EXPECT_EQ((*processes)[0].used, 600_MiB);
  EXPECT_EQ((*processes)[1].pid, 4712u);
  EXPECT_EQ((*processes)[1].used, 400_MiB);
}

TEST(Nvml, RecordsOfProcessesMayBeWiderOrNarrowerThanTheReferenceSays) {
  for (const char* scene : {"wide_process_records", "narrow_process_records"}) {
    const auto processes = only_device(nvml_of(scene)).processes();
    ASSERT_TRUE(processes) << scene;
    ASSERT_EQ(processes->size(), 2u) << scene;
    EXPECT_EQ((*processes)[1].pid, 4712u) << scene;
    EXPECT_EQ((*processes)[1].used, 400_MiB) << scene;
  }
}

TEST(Nvml, MoreProcessesThanRoomAreAskedForAgain) {
  const auto processes = only_device(nvml_of("many_processes")).processes();
  ASSERT_TRUE(processes);
  EXPECT_EQ(processes->size(), 100u);
  EXPECT_EQ(processes->back().used, 1_MiB);
}

TEST(Nvml, AProcessWhoseMemoryIsNotAvailableHasNone) {
  const auto processes = only_device(nvml_of("no_process_memory")).processes();
  ASSERT_TRUE(processes);
  for (const NvmlProcess& process : *processes) EXPECT_FALSE(process.used.has_value());
}

TEST(Nvml, AccountingModeKeepsTheMostThatAProcessHad) {
  const NvmlDevice card = only_device(nvml_of("accounting"));
  EXPECT_EQ(card.accounted_peak(4711), 700_MiB);
  EXPECT_FALSE(card.accounted_peak(1)) << "a process that never was there";
  EXPECT_FALSE(only_device(nvml_of("one_card")).accounted_peak(4711)) << "the mode is off";
  EXPECT_FALSE(only_device(nvml_of("one_card", CALIBRAM_FAKE_OLD_NVML)).accounted_peak(4711));
}

TEST(Nvml, TwoCardsAreFoundByTheirUuids) {
  const Nvml nvml = nvml_of("two_cards");
  EXPECT_EQ(nvml.devices().size(), 2u);
  const auto second = nvml.find("GPU-66666666-7777-8888-9999-000000000000");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->name(), "Tesla T4");
  EXPECT_EQ(second->has_ecc(), false);
  EXPECT_EQ(second->processes()->size(), 0u);
  EXPECT_FALSE(nvml.find("GPU-none"));
}

TEST(Nvml, ACardThatMayNotBeSeenIsLeftOut) {
  EXPECT_EQ(only_device(nvml_of("hidden_card")).name(), "Tesla T4");
}

TEST(Nvml, OfACardThatIsCutUpTheInstancesAreAsked) {
  const Nvml nvml = nvml_of("mig");
  const NvmlDevice instance = only_device(nvml);
  EXPECT_EQ(instance.uuid(), "MIG-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
  EXPECT_EQ(instance.memory()->total, 16384_MiB);
  EXPECT_TRUE(nvml.find("MIG-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"));
  const auto whole = nvml.find(h200_uuid);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->in_mig_mode(), true);
  EXPECT_FALSE(whole->memory());
}

TEST(Nvml, WithoutPermissionTheAnswerIsAbsentAndSaysWhy) {
  const NvmlDevice card = only_device(nvml_of("no_permission"));
  EXPECT_FALSE(card.memory());
  EXPECT_EQ(card.memory_absence(), "Insufficient Permissions");
  EXPECT_EQ(card.name(), "NVIDIA H200") << "what may be told is told";
  EXPECT_EQ(only_device(nvml_of("one_card")).memory_absence(), "");
}

TEST(Nvml, AnOldDriverAnswersWhatItCan) {
  const NvmlDevice card = only_device(nvml_of("mig", CALIBRAM_FAKE_OLD_NVML));
  EXPECT_FALSE(card.processes());
  EXPECT_FALSE(card.in_mig_mode());
  const auto memory = only_device(nvml_of("one_card", CALIBRAM_FAKE_OLD_NVML)).memory();
  ASSERT_TRUE(memory);
  EXPECT_FALSE(memory->reserved);
  EXPECT_EQ(memory->used, 1615_MiB) << "the first version counts what is reserved as used";
  EXPECT_EQ(memory->free + memory->used, memory->total);
}

TEST(Nvml, ADriverThatIsNotLoadedIsAnAbsence) {
  const Nvml nvml = nvml_of("not_loaded");
  EXPECT_FALSE(nvml.is_present());
  EXPECT_EQ(nvml.absence(), "NVML does not start: Driver Not Loaded");
  EXPECT_TRUE(nvml.devices().empty());
  EXPECT_FALSE(nvml.find(h200_uuid));
  EXPECT_EQ(nvml.driver_version(), "");
}

TEST(Nvml, NoLibraryIsAnAbsence) {
  const Nvml nvml{"/no/such/libnvidia-ml.so.1"};
  EXPECT_FALSE(nvml.is_present());
  EXPECT_THAT(nvml.absence(), HasSubstr("no NVML: /no/such/libnvidia-ml.so.1: cannot open"));
  EXPECT_TRUE(nvml.devices().empty());
}

TEST(Nvml, AFileThatIsNoLibraryIsAnAbsence) {
  const ScratchFolder folder;
  const Nvml nvml{folder.write("libnvidia-ml.so.1", "not one").string()};
  EXPECT_FALSE(nvml.is_present());
  EXPECT_THAT(nvml.absence(), HasSubstr("no NVML: "));
}

TEST(Nvml, ALibraryWithoutNvmlIsAnAbsence) {
  const Nvml nvml{"libm.so.6"};
  EXPECT_EQ(nvml.absence(), "no NVML: libm.so.6 has no nvmlInit_v2");
}

TEST(Nvml, ADeviceOutlivesTheObjectThatFoundIt) {
  const NvmlDevice card = only_device(nvml_of("one_card"));
  EXPECT_EQ(card.memory()->used, 1000_MiB);
}

}  // namespace
}  // namespace calibram
