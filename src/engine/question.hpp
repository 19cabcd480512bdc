// SPDX-License-Identifier: MIT
// One question about memory: a model, a workload, an engine, a device, and the metric that is meant.
#pragma once

#include "src/engine/metric.hpp"
#include "src/engine/runtime.hpp"
#include "src/model/format.hpp"
#include "src/model/model.hpp"

#include <array>
#include <compare>
#include <memory>
#include <optional>
#include <string_view>

namespace calibram {

/// `batch` sequences at once, `prompt` and `generate` tokens each, `context` tokens reserved.
struct Workload {
  std::int64_t batch = 1;
  std::int64_t prompt = 1;
  std::int64_t generate = 0;
  std::optional<std::int64_t> context{};

  /// Tokens of a sequence: `context` if given, else prompt + generate.
  std::int64_t context_tokens() const { return context ? *context : checked_sum(prompt, generate); }
  auto operator<=>(const Workload&) const = default;
};

/// @throws InputError naming the number and the rule: batch, prompt >= 1, generate >= 0, context >= prompt +
/// generate
void validate(const Workload& workload);

/// How several devices share a model.
enum class Split : unsigned char { none, layers, tensor };

/// In the order of Split; none is empty.
inline constexpr std::array<std::string_view, 3> split_names = {"", "layers", "tensor"};
constexpr std::string_view name_of(Split split) { return split_names[static_cast<std::size_t>(split)]; }
/// Nothing for an unknown name.
std::optional<Split> parse_split(std::string_view name);

/// On how many devices a run lies, and how.
struct Placement {
  int devices = 1;
  Split split = Split::none;

  /// Several devices share layers unless they share tensors.
  Split shared() const { return split == Split::none && devices > 1 ? Split::layers : split; }
  bool operator==(const Placement&) const = default;
};

/// "2 devices (tensor)"; empty for one.
std::string describe(const Placement& placement);

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

  Placement placement() const { return {devices, split}; }
};

}  // namespace calibram
