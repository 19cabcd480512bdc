// SPDX-License-Identifier: MIT
// All cards in one list, and what is known of each.
#include "src/engine/gpus/tables.hpp"

#include <array>
#include <vector>

namespace calibram {

Knowledge Gpu::knowledge() const {
  if (usable) return Knowledge::usable;
  return total ? Knowledge::total : Knowledge::nominal;
}

Bytes Gpu::capacity() const {
  if (usable) return usable->size;
  return total ? total->size : Bytes{std::int64_t{nominal_gb} << 30};
}

std::span<const Gpu> gpus() {
  static const std::vector<Gpu> all = [] {
    std::vector<Gpu> joined;
    for (const auto table :
         {geforce_gpus(), nvidia_workstation_gpus(), nvidia_data_centre_gpus(), other_gpus()})
      joined.insert(joined.end(), table.begin(), table.end());
    return joined;
  }();
  return all;
}

std::string_view name_of(GpuVendor vendor) {
  constexpr std::array<std::string_view, 4> names = {"NVIDIA", "AMD", "Intel", "Apple"};
  return names.at(static_cast<std::size_t>(vendor));
}

std::string_view name_of(GpuClass kind) {
  constexpr std::array<std::string_view, 5> names = {"consumer", "laptop", "workstation", "data centre",
                                                     "unified"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(Knowledge knowledge) {
  constexpr std::array<std::string_view, 3> names = {"usable", "total", "nominal"};
  return names.at(static_cast<std::size_t>(knowledge));
}

}  // namespace calibram
