// SPDX-License-Identifier: MIT
// Graphics cards as data: what a pass needs to know of the chip, and how much memory a process gets of the
// card.
#pragma once

#include "src/core/bytes.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace calibram {

/// What a pass needs to know of the device that a question names.
struct Chip {
  std::string_view name;   ///< as it stands in device names: "A100" in "NVIDIA A100-SXM4-80GB"
  int compute_capability;  ///< 10 * major + minor: 80, 90
  int multiprocessors;
  std::int64_t l2_bytes;  ///< of the second-level cache, as the driver reports it
};

/// The compute capability of Hopper: H100, H200, GH200.
inline constexpr int hopper = 90;

/// The chip that a device name means ("A100 80GB", "NVIDIA H100 PCIe"), or null.
const Chip* find_gpu(std::string_view device);

/// The memory that a device's name states ("A100 80GB": 80 GiB, as NVIDIA's names mean it), or nothing.
std::optional<Bytes> named_memory(std::string_view device);

/// The cuBLAS workspace that PyTorch takes from its caching allocator on this device: 32 MiB on Hopper,
/// 8,519,680 B elsewhere and for unknown devices.
/// Source: pytorch aten/src/ATen/cuda/CublasHandlePool.cpp, default ":4096:2:16:8".
Bytes torch_gemm_workspace(std::string_view device);

enum class GpuVendor : unsigned char { nvidia, amd, intel, apple };

/// What a card is built for; `unified` has no memory of its own, but a part of the host's.
enum class GpuClass : unsigned char { consumer, laptop, workstation, data_centre, unified };

/// An amount of memory as a program printed it.
struct PrintedMemory {
  Bytes size;
  Bytes resolution;         ///< of the print: 1 MiB where it was in whole mebibytes
  std::string_view source;  ///< a page, an issue, or in quotes a line of a public log, which a search finds
};

/// How a card's capacity is known, the best first.
enum class Knowledge : unsigned char {
  usable,   ///< what a process sees, the driver's share left out
  total,    ///< what the driver counts, its own share, about 2 %, included
  nominal,  ///< what the maker's name says
};

struct Gpu {
  std::string_view name;     ///< as people type it: "RTX 4090", "H100 SXM 80GB"
  std::string_view aliases;  ///< other names, separated by commas
  GpuVendor vendor;
  GpuClass kind;
  int nominal_gb;  ///< as the maker's names count: 24 are 24 GiB less what is kept for ECC
  std::optional<PrintedMemory> total;  ///< memory.total of nvidia-smi, or all that another system shows
  std::optional<PrintedMemory>
      usable;  ///< the total of cudaMemGetInfo or hipMemGetInfo, on Linux where known

  Knowledge knowledge() const;

  /// The best known figure of what a process gets.
  Bytes capacity() const;
};

/// The known cards, in the order of the tables.
std::span<const Gpu> gpus();

/// The card that a name means, however it is written: "4090", "rtx4090", "NVIDIA GeForce RTX 4090".
/// @throws InputError when it means none or several, with those that it might mean
const Gpu& gpu_named(std::string_view name);

/// Whether the words of a text stand in the card's name, or the text in its vendor or class.
bool matches(const Gpu& gpu, std::string_view text);

std::string_view name_of(GpuVendor vendor);
std::string_view name_of(GpuClass kind);
std::string_view name_of(Knowledge knowledge);

}  // namespace calibram
