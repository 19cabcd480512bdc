// SPDX-License-Identifier: MIT
// A libnvidia-ml.so.1 that answers for cards that are not there. The variable FAKE_NVML names the scene.
#include "kernels/nvml/nvml_api.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace calibram::nvml;

constexpr unsigned long long mib = 1ull << 20;

struct FakeDevice {
  std::string name, uuid;
  unsigned long long total, reserved, used;
  bool has_ecc = true;
  bool may_ask_memory = true;
  std::vector<ProcessInfo> processes;
  std::size_t process_record_size = sizeof(ProcessInfo);
  bool has_accounting = false;
  unsigned long long growth = 0;      ///< of `used` with each look at the card's memory
  std::vector<FakeDevice> instances;  ///< of MIG
};

struct Scene {
  Status init = success;
  std::vector<FakeDevice> cards;
  std::size_t hidden = cards.size();  ///< the card that may not be asked for
};

constexpr unsigned no_instance = ~0u;

FakeDevice h200() {
  return {.name = "NVIDIA H200",
          .uuid = "GPU-11111111-2222-3333-4444-555555555555",
          .total = 143771 * mib,
          .reserved = 615 * mib,
          .used = 1000 * mib,
          .processes = {{4711, 600 * mib, no_instance, no_instance}, {4712, 400 * mib, no_instance, 0}},
          .instances = {}};
}

FakeDevice t4() {
  FakeDevice card = h200();
  card.name = "Tesla T4";
  card.uuid = "GPU-66666666-7777-8888-9999-000000000000";
  card.total = 15360 * mib;
  card.has_ecc = false;
  card.processes.clear();
  return card;
}

FakeDevice cut_up() {
  FakeDevice card = h200();
  card.may_ask_memory = false;  // of a card that is cut up, only the privileged may ask
  FakeDevice instance = h200();
  instance.name = "NVIDIA H200 MIG 1g.18gb";
  instance.uuid = "MIG-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
  instance.total = 16384 * mib;
  instance.used = 50 * mib;
  card.instances = {instance};
  return card;
}

Scene scene_named(const std::string& name) {
  if (name == "not_loaded") return {driver_not_loaded, {}};
  if (name == "two_cards") return {success, {h200(), t4()}};
  if (name == "mig") return {success, {cut_up()}};
  if (name == "hidden_card") return {success, {h200(), t4()}, 0};
  FakeDevice card = h200();
  if (name == "no_permission") card.may_ask_memory = false;
  if (name == "no_process_memory")
    for (ProcessInfo& process : card.processes) process.used_gpu_memory = not_available;
  if (name == "growing_card") {  // as in a container, whose processes are not listed
    card.growth = 256 * mib;
    card.processes.clear();
  }
  if (name == "accounting") card.has_accounting = true;
  if (name == "wide_process_records") card.process_record_size = 32;
  if (name == "narrow_process_records") card.process_record_size = 16;
  if (name == "many_processes") card.processes.assign(100, {1, mib, no_instance, no_instance});
  return {success, {card}};
}

Scene& scene() {
  static Scene now;
  return now;
}

FakeDevice& device(Device handle) { return *static_cast<FakeDevice*>(handle); }

Status give_text(const std::string& text, char* to, unsigned size) {
  if (text.size() + 1 > size) return insufficient_size;
  std::memcpy(to, text.c_str(), text.size() + 1);
  return success;
}

}  // namespace

extern "C" {

Status nvmlInit_v2() {
  const char* name = std::getenv("FAKE_NVML");
  scene() = scene_named(name != nullptr ? name : "");
  return scene().init;
}

Status nvmlShutdown() { return success; }

const char* nvmlErrorString(Status status) {
  return status == driver_not_loaded ? "Driver Not Loaded"
         : status == no_permission   ? "Insufficient Permissions"
                                     : "Unknown Error";
}

Status nvmlSystemGetDriverVersion(char* to, unsigned size) { return give_text("580.159.04", to, size); }

Status nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(scene().cards.size());
  return success;
}

Status nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* handle) {
  if (index == scene().hidden) return no_permission;
  if (index >= scene().cards.size()) return invalid_argument;
  *handle = &scene().cards[index];
  return success;
}

Status nvmlDeviceGetHandleByUUID(const char* uuid, Device* handle) {
  for (FakeDevice& card : scene().cards) {
    if (card.uuid == uuid) *handle = &card;
    for (FakeDevice& instance : card.instances)
      if (instance.uuid == uuid) *handle = &instance;
  }
  return *handle != nullptr ? success : not_found;
}

Status nvmlDeviceGetMemoryInfo(Device handle, Memory* memory) {
  const FakeDevice& of = device(handle);
  if (!of.may_ask_memory) return no_permission;
  *memory = {of.total, of.total - of.reserved - of.used, of.reserved + of.used};
  return success;
}

Status nvmlDeviceGetName(Device handle, char* to, unsigned size) {
  return give_text(device(handle).name, to, size);
}

Status nvmlDeviceGetUUID(Device handle, char* to, unsigned size) {
  return give_text(device(handle).uuid, to, size);
}

Status nvmlDeviceGetEccMode(Device handle, int* current, int* pending) {
  *current = *pending = device(handle).has_ecc ? 1 : 0;
  return success;
}

#ifndef CALIBRAM_FAKE_OLD_DRIVER
Status nvmlDeviceGetMemoryInfo_v2(Device handle, MemoryV2* memory) {
  constexpr Status version_mismatch = 25;  // NVML_ERROR_ARGUMENT_VERSION_MISMATCH
  if (memory->version != 0x02000028) return version_mismatch;
  FakeDevice& of = device(handle);
  if (!of.may_ask_memory) return no_permission;
  *memory = {memory->version, of.total, of.reserved, of.total - of.reserved - of.used, of.used};
  of.used += of.growth;
  return success;
}

Status nvmlDeviceGetComputeRunningProcesses_v3(Device handle, unsigned* count, ProcessInfo* infos) {
  const FakeDevice& of = device(handle);
  const unsigned room = *count;
  *count = static_cast<unsigned>(of.processes.size());
  if (room < *count) return insufficient_size;
  auto* to = reinterpret_cast<unsigned char*>(infos);
  for (const ProcessInfo& process : of.processes) {
    std::memset(to, 0, of.process_record_size);
    std::memcpy(to, &process, std::min(of.process_record_size, sizeof process));
    to += of.process_record_size;
  }
  return success;
}

/// In accounting mode each process once had 100 MiB more than it has now.
Status nvmlDeviceGetAccountingStats(Device handle, unsigned pid, AccountingStats* stats) {
  const FakeDevice& of = device(handle);
  if (!of.has_accounting) return not_supported;
  for (const ProcessInfo& process : of.processes) {
    if (process.pid != pid) continue;
    *stats = {};
    stats->max_memory_usage = process.used_gpu_memory + 100 * mib;
    stats->is_running = 1;
    return success;
  }
  return not_found;
}

Status nvmlDeviceGetMigMode(Device handle, unsigned* current, unsigned* pending) {
  *current = *pending = device(handle).instances.empty() ? 0 : 1;
  return success;
}

Status nvmlDeviceGetMaxMigDeviceCount(Device, unsigned* count) {
  *count = 7;
  return success;
}

Status nvmlDeviceGetMigDeviceHandleByIndex(Device handle, unsigned index, Device* instance) {
  FakeDevice& of = device(handle);
  if (index >= of.instances.size()) return not_found;
  *instance = &of.instances[index];
  return success;
}
#endif

}  // extern "C"
