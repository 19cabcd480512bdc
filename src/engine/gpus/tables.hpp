// SPDX-License-Identifier: MIT
// The tables of cards, and how their rows are written.
//
// Nothing here was computed: a figure is what a program printed, or it is absent. Drivers differ by up to 1 %
// in what they keep, and newer ones keep more; on Windows a process is shown the driver's total. ECC takes a
// sixteenth of GDDR memory; a card is listed as it is usually run, and its source tells where it was not.
#pragma once

#include "src/engine/gpu.hpp"

namespace calibram {

/// Printed in whole mebibytes.
constexpr PrintedMemory mib(std::int64_t count, std::string_view source) {
  return {Bytes{count << 20}, Bytes{1 << 20}, source};
}

/// Printed in gibibytes with two digits, as PyTorch does when memory is short: 2364 is "23.64 GiB".
constexpr PrintedMemory gib_hundredths(std::int64_t count, std::string_view source) {
  return {Bytes{count * (std::int64_t{1} << 30) / 100}, Bytes{(1 << 30) / 100}, source};
}

constexpr PrintedMemory bytes(std::int64_t count, std::string_view source) {
  return {Bytes{count}, Bytes{1}, source};
}

// Sources that several tables have.
inline constexpr std::string_view dosoos = "hashcat, github.com/dosoos/hashcat_speeds";
inline constexpr std::string_view opencl_benchmark = "OpenCL, github.com/ProjectPhysX/OpenCL-Benchmark";
inline constexpr std::string_view massed = "nvidia-smi, github.com/Massed-Compute/gpu-benchmark";

inline constexpr std::nullopt_t not_found = std::nullopt;

std::span<const Gpu> geforce_gpus();
std::span<const Gpu> nvidia_workstation_gpus();
std::span<const Gpu> nvidia_data_centre_gpus();
std::span<const Gpu> other_gpus();

}  // namespace calibram
