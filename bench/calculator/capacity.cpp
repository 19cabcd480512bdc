// SPDX-License-Identifier: MIT
// Takes the fullest device's share of the bound, and leaves room for the context.
#include "bench/calculator/capacity.hpp"

#include <algorithm>
#include <cmath>

namespace calibram {

Bytes needed_per_device(const Estimate& estimate) {
  const std::size_t hosts = estimate.ends_with_host ? 1 : 0;
  const Bytes bound = estimate.interval ? estimate.interval->bound99 : estimate.total;
  if (estimate.devices.size() <= 1 + hosts && hosts == 0) return bound;
  const auto cards_end = estimate.devices.end() - static_cast<std::ptrdiff_t>(hosts);
  const Bytes fullest = *std::max_element(estimate.devices.begin(), cards_end);
  if (estimate.total == Bytes{}) return fullest;
  const double share = static_cast<double>(fullest.count()) / static_cast<double>(estimate.total.count());
  const auto above = static_cast<double>((bound - estimate.total).count());
  return fullest + Bytes{static_cast<std::int64_t>(std::ceil(share * above))};
}

Bytes set_aside_for_context(Metric metric) {
  constexpr std::int64_t context = 547'608'330;  // 0.51 GiB
  return metric == Metric::allocated || metric == Metric::reserved ? Bytes{context} : Bytes{};
}

Fitting fit_into(const Estimate& estimate, Metric metric, const Capacity& capacity) {
  return {capacity, needed_per_device(estimate), capacity.is_card ? set_aside_for_context(metric) : Bytes{}};
}

}  // namespace calibram
