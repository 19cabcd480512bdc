// SPDX-License-Identifier: MIT
// The part of NVML's C interface that calibram calls, declared here because the driver brings the library but
// only the CUDA toolkit brings its header.
// Source: NVIDIA, "NVML API Reference Guide" (docs.nvidia.com/deploy/nvml-api), R450 to R590.
#pragma once

namespace calibram::nvml {

using Device = void*;  ///< nvmlDevice_t, a pointer to an opaque struct
using Status = int;    ///< nvmlReturn_t

// nvmlReturn_t
inline constexpr Status success = 0;
inline constexpr Status invalid_argument = 2;
inline constexpr Status not_supported = 3;
inline constexpr Status no_permission = 4;
inline constexpr Status not_found = 6;
inline constexpr Status insufficient_size = 7;
inline constexpr Status driver_not_loaded = 9;
inline constexpr Status function_not_found = 13;

/// NVML_VALUE_NOT_AVAILABLE
inline constexpr unsigned long long not_available = ~0ull;

/// nvmlMemory_t
struct Memory {
  unsigned long long total, free, used;
};

/// nvmlMemory_v2_t
struct MemoryV2 {
  unsigned version;
  unsigned long long total, reserved, free, used;
};
static_assert(sizeof(MemoryV2) == 40);

/// nvmlMemory_v2, that is NVML_STRUCT_VERSION(Memory, 2)
inline constexpr unsigned memory_v2_version = sizeof(MemoryV2) | 2u << 24;

/// nvmlProcessInfo_t of nvmlDeviceGetComputeRunningProcesses_v3
struct ProcessInfo {
  unsigned pid;
  unsigned long long used_gpu_memory;
  unsigned gpu_instance_id, compute_instance_id;
};
static_assert(sizeof(ProcessInfo) == 24);

/// nvmlAccountingStats_t
struct AccountingStats {
  unsigned gpu_utilization, memory_utilization;
  unsigned long long max_memory_usage;  ///< of a process, in bytes
  unsigned long long milliseconds;      ///< 0 while it runs
  unsigned long long start_time;
  unsigned is_running;
  unsigned reserved[5];
};
static_assert(sizeof(AccountingStats) == 56);

inline constexpr unsigned driver_version_size = 80;  ///< NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE
inline constexpr unsigned name_size = 96;            ///< NVML_DEVICE_NAME_V2_BUFFER_SIZE
inline constexpr unsigned uuid_size = 96;            ///< NVML_DEVICE_UUID_V2_BUFFER_SIZE

/// The functions by their names; null where a driver lacks one.
struct Api {
  Status (*init)() = nullptr;
  Status (*shutdown)() = nullptr;
  const char* (*error_string)(Status) = nullptr;
  Status (*driver_version)(char*, unsigned) = nullptr;
  Status (*count)(unsigned*) = nullptr;
  Status (*handle_by_index)(unsigned, Device*) = nullptr;
  Status (*handle_by_uuid)(const char*, Device*) = nullptr;
  Status (*memory)(Device, Memory*) = nullptr;
  Status (*memory_v2)(Device, MemoryV2*) = nullptr;
  Status (*processes_v3)(Device, unsigned*, ProcessInfo*) = nullptr;
  Status (*name)(Device, char*, unsigned) = nullptr;
  Status (*uuid)(Device, char*, unsigned) = nullptr;
  Status (*ecc_mode)(Device, int*, int*) = nullptr;            ///< nvmlEnableState_t: current, pending
  Status (*mig_mode)(Device, unsigned*, unsigned*) = nullptr;  ///< current, pending
  Status (*mig_count)(Device, unsigned*) = nullptr;
  Status (*mig_handle)(Device, unsigned, Device*) = nullptr;
  Status (*accounting_stats)(Device, unsigned, AccountingStats*) = nullptr;
};

}  // namespace calibram::nvml
