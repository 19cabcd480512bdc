// SPDX-License-Identifier: MIT
// Metrics: what a number of bytes or tokens counts.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace calibram {

/// What a number counts; metrics are never compared with each other. See design: `allocated` is the peak
/// of live tensor bytes, `rss` resident host memory at its high-water mark, context included.
enum class Metric : unsigned char {
  weights,
  kv_cache,
  activation,
  compute,
  allocated,
  reserved,
  device,
  rss,
  cgroup,
  context_only,
  graphs,
  other,
  kv_available,
  kv_tokens,
};
inline constexpr std::array<std::string_view, 14> metric_names = {
    "weights", "kv_cache", "activation",   "compute", "allocated", "reserved",     "device",
    "rss",     "cgroup",   "context_only", "graphs",  "other",     "kv_available", "kv_tokens"};

/// @throws InputError for an unknown name, with the known ones
Metric metric_named(std::string_view name);
constexpr std::string_view name_of(Metric metric) { return metric_names[static_cast<std::size_t>(metric)]; }
/// Whether the metric is the whole of a process's or device's memory, which the rules of thumb mean.
constexpr bool is_total(Metric metric) {
  return metric == Metric::allocated || metric == Metric::reserved || metric == Metric::device ||
         metric == Metric::rss;
}

/// Whether the metric counts all that a process takes, its program and libraries too, not its tensors alone.
constexpr bool counts_process(Metric metric) {
  return metric == Metric::device || metric == Metric::rss || metric == Metric::cgroup;
}

/// Whether the metric follows from others, a memory budget and the pages of a cache, and is never fitted.
constexpr bool is_composed(Metric metric) {
  return metric == Metric::kv_available || metric == Metric::kv_tokens;
}

/// Some of the metrics.
class MetricSet {
 public:
  constexpr MetricSet(std::initializer_list<Metric> metrics) {
    for (const Metric metric : metrics) bits_ |= bit(metric);
  }
  constexpr bool contains(Metric metric) const { return (bits_ & bit(metric)) != 0; }

 private:
  static constexpr std::uint32_t bit(Metric metric) { return 1U << static_cast<unsigned>(metric); }
  std::uint32_t bits_ = 0;
};

}  // namespace calibram
