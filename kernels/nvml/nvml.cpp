// SPDX-License-Identifier: MIT
// Opens NVML with dlopen and asks it; what a driver lacks or refuses is an absent answer.
//
// What `used` counts. nvmlDeviceGetMemoryInfo: reserved + allocated. nvmlDeviceGetMemoryInfo_v2: by the
// reference of R525 "also includes the reserved amount", a sentence that R590's lacks, and in practice it
// excludes it (A100: 912 MB against 7.8 MB, Cldfire/nvml-wrapper#57). So total = free + used + reserved holds
// for some drivers and total = free + used for others; `free`, and differences of `used`, mean the same in
// all.
#include "kernels/nvml/nvml.hpp"

#include "kernels/nvml/nvml_api.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>

#include <dlfcn.h>

namespace calibram {

/// The loaded and initialised library.
class NvmlLibrary {
 public:
  /// @return null, with `absence` set, where it cannot be used
  static std::shared_ptr<NvmlLibrary> open(const std::string& file, std::string& absence);

  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;
  ~NvmlLibrary() {
    if (is_initialised_ && api_.shutdown != nullptr) api_.shutdown();
    ::dlclose(library_);
  }

  const nvml::Api& api() const noexcept { return api_; }

  std::string words(nvml::Status status) const {
    if (status == nvml::function_not_found) return "this driver has no such function";
    const char* text = api_.error_string != nullptr ? api_.error_string(status) : nullptr;
    return text != nullptr ? text : "NVML error " + std::to_string(status);
  }

 private:
  explicit NvmlLibrary(void* library);

  template <class Function>
  void load(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(::dlsym(library_, name));
  }

  void* library_;
  nvml::Api api_;
  bool is_initialised_ = false;
};

NvmlLibrary::NvmlLibrary(void* library) : library_{library} {
  load(api_.init, "nvmlInit_v2");
  load(api_.shutdown, "nvmlShutdown");
  load(api_.error_string, "nvmlErrorString");
  load(api_.driver_version, "nvmlSystemGetDriverVersion");
  load(api_.count, "nvmlDeviceGetCount_v2");
  load(api_.handle_by_index, "nvmlDeviceGetHandleByIndex_v2");
  load(api_.handle_by_uuid, "nvmlDeviceGetHandleByUUID");
  load(api_.memory, "nvmlDeviceGetMemoryInfo");
  load(api_.memory_v2, "nvmlDeviceGetMemoryInfo_v2");
  load(api_.processes_v3, "nvmlDeviceGetComputeRunningProcesses_v3");
  load(api_.name, "nvmlDeviceGetName");
  load(api_.uuid, "nvmlDeviceGetUUID");
  load(api_.ecc_mode, "nvmlDeviceGetEccMode");
  load(api_.mig_mode, "nvmlDeviceGetMigMode");
  load(api_.mig_count, "nvmlDeviceGetMaxMigDeviceCount");
  load(api_.mig_handle, "nvmlDeviceGetMigDeviceHandleByIndex");
  load(api_.accounting_stats, "nvmlDeviceGetAccountingStats");
}

std::shared_ptr<NvmlLibrary> NvmlLibrary::open(const std::string& file, std::string& absence) {
  void* opened = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    absence = std::string{"no NVML: "} + ::dlerror();
    return nullptr;
  }
  std::shared_ptr<NvmlLibrary> library{new NvmlLibrary{opened}};
  if (library->api_.init == nullptr) {
    absence = "no NVML: " + file + " has no nvmlInit_v2";
    return nullptr;
  }
  if (const nvml::Status status = library->api_.init(); status != nvml::success) {
    absence = "NVML does not start: " + library->words(status);
    return nullptr;
  }
  library->is_initialised_ = true;
  return library;
}

namespace {

/// Calls a function that the driver may lack.
template <class Function, class... Arguments>
nvml::Status ask(Function* function, Arguments... arguments) {
  return function != nullptr ? function(arguments...) : nvml::function_not_found;
}

/// A text of at most `size` bytes, the final zero included.
template <unsigned size, class Function, class... Arguments>
std::optional<std::string> ask_text(Function* function, Arguments... arguments) {
  std::array<char, size> text{};
  if (ask(function, arguments..., text.data(), size) != nvml::success) return std::nullopt;
  text.back() = '\0';
  return std::string{text.data()};
}

Bytes bytes(unsigned long long count) {
  constexpr auto most = static_cast<unsigned long long>(std::numeric_limits<std::int64_t>::max());
  return Bytes{static_cast<std::int64_t>(std::min(count, most))};
}

nvml::Status read_memory(const nvml::Api& api, void* device, NvmlMemory& memory) {
  nvml::MemoryV2 second{};
  second.version = nvml::memory_v2_version;
  if (ask(api.memory_v2, device, &second) == nvml::success) {
    memory = {bytes(second.total), bytes(second.used), bytes(second.free), bytes(second.reserved)};
    return nvml::success;
  }
  nvml::Memory first{};
  const nvml::Status status = ask(api.memory, device, &first);
  if (status == nvml::success) memory = {bytes(first.total), bytes(first.used), bytes(first.free), {}};
  return status;
}

/// Room for processes whatever the size of a record. It is 24 bytes by the reference, but drivers 535.43 to
/// 535.86 wrote 32 and some write the 16 of the first version (XuehaiPan/nvitop#79, #89, #226), all under the
/// same name. What was written tells the size.
class ProcessRecords {
 public:
  explicit ProcessRecords(unsigned room) : buffer_(std::size_t{room} * largest, untouched) {}

  nvml::ProcessInfo* data() { return reinterpret_cast<nvml::ProcessInfo*>(buffer_.data()); }

  std::vector<NvmlProcess> processes(unsigned count) const {
    const auto last = std::find_if(buffer_.rbegin(), buffer_.rend(), [](auto b) { return b != untouched; });
    const std::size_t written = static_cast<std::size_t>(buffer_.rend() - last);
    std::size_t size = smallest;
    while (size * count < written && size < largest) size += 8;
    std::vector<NvmlProcess> processes;
    for (std::size_t i = 0; i < count && (i + 1) * size <= buffer_.size(); ++i) {
      nvml::ProcessInfo info{};
      std::memcpy(&info, buffer_.data() + i * size, std::min(size, sizeof info));
      const bool is_known = info.used_gpu_memory != nvml::not_available;
      processes.push_back({info.pid, is_known ? std::optional{bytes(info.used_gpu_memory)} : std::nullopt});
    }
    return processes;
  }

 private:
  static constexpr std::size_t smallest = 16, largest = 32;
  static constexpr std::byte untouched{0xA5};
  std::vector<std::byte> buffer_;
};

/// The MIG instances of a card that is cut up. There may be fewer than places for them.
void add_instances(const std::shared_ptr<NvmlLibrary>& library, void* card,
                   std::vector<NvmlDevice>& devices) {
  unsigned places = 0;
  if (ask(library->api().mig_count, card, &places) != nvml::success) return;
  for (unsigned i = 0; i < places; ++i) {
    void* instance = nullptr;
    if (ask(library->api().mig_handle, card, i, &instance) == nvml::success)
      devices.emplace_back(library, instance);
  }
}

}  // namespace

NvmlDevice::NvmlDevice(std::shared_ptr<NvmlLibrary> library, void* handle)
    : library_{std::move(library)}, handle_{handle} {}

std::optional<NvmlMemory> NvmlDevice::memory() const {
  NvmlMemory memory;
  if (read_memory(library_->api(), handle_, memory) != nvml::success) return std::nullopt;
  return memory;
}

std::string NvmlDevice::memory_absence() const {
  NvmlMemory memory;
  const nvml::Status status = read_memory(library_->api(), handle_, memory);
  return status == nvml::success ? std::string{} : library_->words(status);
}

std::optional<std::vector<NvmlProcess>> NvmlDevice::processes() const {
  constexpr int attempts = 3;  // processes may start between asking how many there are and who
  constexpr unsigned most_processes = 1 << 16;
  unsigned room = 64;
  for (int i = 0; i < attempts; ++i) {
    ProcessRecords records{room};
    unsigned count = room;
    const nvml::Status status = ask(library_->api().processes_v3, handle_, &count, records.data());
    if (status == nvml::success) return records.processes(std::min(count, room));
    if (status != nvml::insufficient_size) return std::nullopt;
    room = std::min(count, most_processes) + 16;
  }
  return std::nullopt;
}

std::optional<Bytes> NvmlDevice::accounted_peak(unsigned pid) const {
  nvml::AccountingStats stats{};
  if (ask(library_->api().accounting_stats, handle_, pid, &stats) != nvml::success ||
      stats.max_memory_usage == nvml::not_available)
    return std::nullopt;
  return bytes(stats.max_memory_usage);
}

std::optional<std::string> NvmlDevice::name() const {
  return ask_text<nvml::name_size>(library_->api().name, handle_);
}

std::optional<std::string> NvmlDevice::uuid() const {
  return ask_text<nvml::uuid_size>(library_->api().uuid, handle_);
}

std::optional<bool> NvmlDevice::has_ecc() const {
  int current = 0, pending = 0;
  if (ask(library_->api().ecc_mode, handle_, &current, &pending) != nvml::success) return std::nullopt;
  return current != 0;
}

std::optional<bool> NvmlDevice::in_mig_mode() const {
  unsigned current = 0, pending = 0;
  if (ask(library_->api().mig_mode, handle_, &current, &pending) != nvml::success) return std::nullopt;
  return current != 0;
}

Nvml::Nvml(const std::string& library) { library_ = NvmlLibrary::open(library, absence_); }

std::string Nvml::driver_version() const {
  if (!library_) return {};
  return ask_text<nvml::driver_version_size>(library_->api().driver_version).value_or("");
}

std::vector<NvmlDevice> Nvml::devices() const {
  std::vector<NvmlDevice> devices;
  unsigned count = 0;
  if (!library_ || ask(library_->api().count, &count) != nvml::success) return devices;
  for (unsigned i = 0; i < count; ++i) {
    void* handle = nullptr;
    if (ask(library_->api().handle_by_index, i, &handle) != nvml::success) continue;  // not ours to see
    NvmlDevice card{library_, handle};
    if (card.in_mig_mode().value_or(false))
      add_instances(library_, handle, devices);
    else
      devices.push_back(std::move(card));
  }
  return devices;
}

std::optional<NvmlDevice> Nvml::find(const std::string& uuid) const {
  void* handle = nullptr;
  if (!library_ || ask(library_->api().handle_by_uuid, uuid.c_str(), &handle) != nvml::success)
    return std::nullopt;
  return NvmlDevice{library_, handle};
}

}  // namespace calibram
