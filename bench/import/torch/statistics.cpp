// SPDX-License-Identifier: MIT
// Finds the peaks among PyTorch's statistics.
#include "bench/import/torch/statistics.hpp"

#include "bench/import/torch/device_memory.hpp"
#include "src/core/error.hpp"
#include "src/core/json_file.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

std::optional<Quantity> peak_of(const JsonNode& statistics, const std::string& name) {
  std::optional<std::int64_t> peak = statistics.optional_integer(name + ".all.peak", 0, largest_size);
  if (!peak && statistics.has(name))
    peak = statistics.object(name).object("all").integer("peak", 0, largest_size);
  return peak ? std::optional{Quantity{*peak, 0}} : std::nullopt;
}

DeviceMemory device_of(const JsonNode& statistics) {
  return {peak_of(statistics, "allocated_bytes"), peak_of(statistics, "reserved_bytes")};
}

}  // namespace

Reading read_statistics(std::string_view text, const std::string& name) {
  const JsonNode document = parse_json(text, name);
  std::map<std::int64_t, DeviceMemory> devices;
  if (document.value().is_array()) {
    std::int64_t index = 0;
    for (const JsonNode& statistics : document.elements()) {
      if (devices.size() >= most_parts) statistics.fail(fmt::format("one of at most {} devices", most_parts));
      devices[index++] = device_of(statistics);
    }
  } else if (document.value().is_object()) {
    devices[0] = device_of(document);
  }
  Reading reading;
  add_devices(devices, "torch.cuda.memory_stats: peak", reading);
  if (reading.values.empty())
    throw InputError{"cannot import " + in_quotes(name),
                     "the JSON has neither 'allocated_bytes.all.peak' nor 'reserved_bytes.all.peak'",
                     "write it with json.dump(torch.cuda.memory_stats(), file)"};
  return reading;
}

}  // namespace calibram
