// SPDX-License-Identifier: MIT
// NVML, opened at run time: what a card's driver says without any CUDA context.
#pragma once

#include "src/core/bytes.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace calibram {

/// One look at a card's memory. Differences of `used` are what counts: whether it includes `reserved` has
/// changed between drivers (facts in nvml.cpp).
struct NvmlMemory {
  Bytes total, used, free;
  std::optional<Bytes> reserved;  ///< where nvmlDeviceGetMemoryInfo_v2 answers
};

/// A process that holds memory on the card.
struct NvmlProcess {
  unsigned pid = 0;           ///< on the host: inside a container, no process there has it
  std::optional<Bytes> used;  ///< absent where the driver does not say (WDDM, some containers)
};

class NvmlLibrary;

/// A card or a MIG instance. Every question may go unanswered; then the answer is absent.
class NvmlDevice {
 public:
  NvmlDevice(std::shared_ptr<NvmlLibrary> library, void* handle);

  std::optional<NvmlMemory> memory() const;
  std::string memory_absence() const;  ///< why memory() is absent, in NVML's words; empty when it is not
  std::optional<std::vector<NvmlProcess>> processes() const;
  /// The most that a process had on the card at one time, still running or not, where accounting mode is on
  /// (nvidia-smi -am 1; only the privileged may change it).
  std::optional<Bytes> accounted_peak(unsigned pid) const;
  std::optional<std::string> name() const;
  std::optional<std::string> uuid() const;
  std::optional<bool> has_ecc() const;      ///< whether it is on
  std::optional<bool> in_mig_mode() const;  ///< a whole card that is cut into instances

 private:
  std::shared_ptr<NvmlLibrary> library_;
  void* handle_;
};

/// The library, or why it cannot be used.
class Nvml {
 public:
  /// Never throws for what is missing: `absence()` says it.
  explicit Nvml(const std::string& library = "libnvidia-ml.so.1");

  bool is_present() const noexcept { return library_ != nullptr; }
  const std::string& absence() const noexcept { return absence_; }

  std::string driver_version() const;  ///< "580.159.04"; empty where unknown
  /// What memory can be asked of: cards, and of those that are cut up, their MIG instances instead.
  std::vector<NvmlDevice> devices() const;
  /// A card ("GPU-...") or an instance ("MIG-..."); absent when NVML does not know it or may not say.
  std::optional<NvmlDevice> find(const std::string& uuid) const;

 private:
  std::shared_ptr<NvmlLibrary> library_;
  std::string absence_;
};

}  // namespace calibram
