// SPDX-License-Identifier: MIT
// Sums devices; a number that one of them lacks is none.
#include "bench/import/torch/device_memory.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

void add_sum(const std::map<std::int64_t, DeviceMemory>& devices, Metric metric,
             std::optional<Quantity> DeviceMemory::*number, const std::string& counter, Reading& reading) {
  Quantity sum;
  std::string parts;
  for (const auto& [device, memory] : devices) {
    if (!(memory.*number)) return;
    sum = sum + *(memory.*number);
    parts += fmt::format("{}device {}: {}", parts.empty() ? "" : ", ", device, (memory.*number)->value);
  }
  reading.values.push_back(
      {.metric = metric, .quantity = sum, .parts = devices.size() > 1 ? parts : "", .counter = counter});
}

}  // namespace

void add_devices(const std::map<std::int64_t, DeviceMemory>& devices, const std::string& counter,
                 Reading& reading) {
  if (devices.empty()) return;
  reading.row.devices = static_cast<int>(std::min<std::size_t>(devices.size(), 1 << 16));
  reading.row.split = reading.row.devices > 1 ? Split::layers : Split::none;
  reading.state("devices");
  add_sum(devices, Metric::allocated, &DeviceMemory::allocated, counter, reading);
  add_sum(devices, Metric::reserved, &DeviceMemory::reserved, counter, reading);
}

}  // namespace calibram
