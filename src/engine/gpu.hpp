// SPDX-License-Identifier: MIT
// Graphics cards as data: what a pass needs to know of the device that a question names.
#pragma once

#include "src/core/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace calibram {

struct Gpu {
  std::string_view name;   ///< as it stands in device names: "A100" in "NVIDIA A100-SXM4-80GB"
  int compute_capability;  ///< 10 * major + minor: 80, 90
  int multiprocessors;
  std::int64_t l2_bytes;  ///< of the second-level cache, as the driver reports it
};

/// The card that a device name means ("A100 80GB", "NVIDIA H100 PCIe"), or null.
const Gpu* find_gpu(std::string_view device);

/// The memory that a device's name states ("A100 80GB": 80 GiB, as NVIDIA's names mean it), or nothing.
std::optional<Bytes> named_memory(std::string_view device);

/// The cuBLAS workspace that PyTorch takes from its caching allocator on this device: 32 MiB on Hopper,
/// 8,519,680 B elsewhere and for unknown devices.
/// Source: pytorch aten/src/ATen/cuda/CublasHandlePool.cpp, default ":4096:2:16:8".
Bytes torch_gemm_workspace(std::string_view device);

}  // namespace calibram
