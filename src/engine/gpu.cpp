// SPDX-License-Identifier: MIT
// The table of chips.
#include "src/engine/gpu.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace calibram {
namespace {

constexpr std::int64_t mebibyte = 1 << 20;

// Compute capabilities: developer.nvidia.com/cuda-gpus. Multiprocessors and cache: NVIDIA's architecture
// white papers, and torch.cuda.get_device_properties as people print it ("NVIDIA H100 80GB HBM3, ...
// multi_processor_count=132, L2_cache_size=50MB"; H200: 132, 60MB). A name that another begins with stands
// before it.
constexpr std::array chip_table = {
    Chip{"V100", 70, 80, 6 * mebibyte},        Chip{"T4", 75, 40, 4 * mebibyte},
    Chip{"A100", 80, 108, 40 * mebibyte},      Chip{"A800", 80, 108, 40 * mebibyte},
    Chip{"A30", 80, 56, 24 * mebibyte},        Chip{"A10", 86, 72, 6 * mebibyte},
    Chip{"A10G", 86, 80, 6 * mebibyte},        Chip{"A40", 86, 84, 6 * mebibyte},
    Chip{"A6000", 86, 84, 6 * mebibyte},       Chip{"3090", 86, 82, 6 * mebibyte},
    Chip{"L4", 89, 58, 48 * mebibyte},         Chip{"L40", 89, 142, 96 * mebibyte},
    Chip{"L40S", 89, 142, 96 * mebibyte},      Chip{"4090", 89, 128, 72 * mebibyte},
    Chip{"H100 PCIe", 90, 114, 50 * mebibyte}, Chip{"H100", 90, 132, 50 * mebibyte},
    Chip{"H200", 90, 132, 60 * mebibyte},      Chip{"H800", 90, 132, 50 * mebibyte},
    Chip{"H20", 90, 78, 60 * mebibyte},        Chip{"GH200", 90, 132, 60 * mebibyte},
};

/// Whether `word` stands in `text` between characters that are neither letters nor digits.
bool has_word(std::string_view text, std::string_view word) {
  const auto is_edge = [&](std::size_t i) {
    return i >= text.size() || std::isalnum(static_cast<unsigned char>(text[i])) == 0;
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    if ((at == 0 || is_edge(at - 1)) && is_edge(at + word.size())) return true;
  return false;
}

}  // namespace

const Chip* find_gpu(std::string_view device) {
  const auto* found = std::find_if(chip_table.begin(), chip_table.end(),
                                   [&](const Chip& chip) { return has_word(device, chip.name); });
  return found == chip_table.end() ? nullptr : found;
}

std::optional<Bytes> named_memory(std::string_view device) {
  constexpr std::int64_t most_gib = 1 << 20;
  const std::size_t unit = device.find("GB");
  if (unit == device.npos) return std::nullopt;
  std::size_t first = unit;
  while (first > 0 && std::isdigit(static_cast<unsigned char>(device[first - 1])) != 0) --first;
  std::int64_t gib = 0;
  for (const char digit : device.substr(first, unit - first))
    gib = std::min(10 * gib + (digit - '0'), most_gib);
  if (gib == 0) return std::nullopt;
  return Bytes{gib << 30};
}

Bytes torch_gemm_workspace(std::string_view device) {
  const Chip* chip = find_gpu(device);
  const bool is_hopper = chip != nullptr && chip->compute_capability == hopper;
  return Bytes{is_hopper ? std::int64_t{4096} * 8 * 1024 : std::int64_t{4096} * 1024 * 2 + 16 * 1024 * 8};
}

}  // namespace calibram
