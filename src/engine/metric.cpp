// SPDX-License-Identifier: MIT
// Metrics by name.
#include "src/engine/metric.hpp"

#include "src/core/names.hpp"

#include <algorithm>

namespace calibram {

Metric metric_named(std::string_view name) {
  const auto found = std::find(metric_names.begin(), metric_names.end(), name);
  if (found == metric_names.end()) throw unknown_name("metric", name, metric_names);
  return static_cast<Metric>(found - metric_names.begin());
}

}  // namespace calibram
