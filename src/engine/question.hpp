// SPDX-License-Identifier: MIT
// One question about memory: a model, a workload, an engine, a device, and the metric that is meant.
#pragma once

#include "src/engine/runtime.hpp"
#include "src/model/format.hpp"
#include "src/model/model.hpp"

#include <array>
#include <memory>
#include <optional>

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

/// `batch` sequences at once, `prompt` and `generate` tokens each, `context` tokens reserved.
struct Workload {
  std::int64_t batch = 1;
  std::int64_t prompt = 1;
  std::int64_t generate = 0;
  std::optional<std::int64_t> context{};

  /// Tokens of a sequence: `context` if given, else prompt + generate.
  std::int64_t context_tokens() const { return context ? *context : checked_sum(prompt, generate); }
  bool operator==(const Workload&) const = default;
};

/// @throws InputError naming the number and the rule: batch, prompt >= 1, generate >= 0, context >= prompt +
/// generate
void validate(const Workload& workload);

enum class Split : unsigned char { none, layers, tensor };

struct Question {
  std::string subject;                 ///< the model as asked: a name, a path or a size
  std::shared_ptr<const Model> model;  ///< null for a bare size, which only rules can answer
  double parameters = 0;               ///< of the model, or the bare size
  Workload workload;
  std::string runtime = "calibram";
  Options options;
  const Format* weights = nullptr;
  const Format* kv = nullptr;
  int devices = 1;
  Split split = Split::none;
  Metric metric = Metric::allocated;
  std::string device;  ///< the card's name, where known: "A100 80GB"
};

}  // namespace calibram
