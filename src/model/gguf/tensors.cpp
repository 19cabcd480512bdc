// SPDX-License-Identifier: MIT
// Sorts tensors into layers.
#include "src/model/gguf/tensors.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace calibram {
namespace {

constexpr std::string_view layer_prefix = "blk.";

struct LayerName {
  std::int64_t layer = 0;
  std::string_view rest;
};

/// "blk.12.attn_q.weight" is the attn_q.weight of layer 12; nothing for other names.
std::optional<LayerName> layer_name(std::string_view name) {
  if (!name.starts_with(layer_prefix)) return std::nullopt;
  name.remove_prefix(layer_prefix.size());
  LayerName parsed;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), parsed.layer);
  if (error != std::errc{} || end == name.data() + name.size() || *end != '.' || name.front() == '-')
    return std::nullopt;
  parsed.rest = name.substr(static_cast<std::size_t>(end - name.data()) + 1);
  return parsed;
}

void require_all_files(const StoredWeights& weights, const GgufKeys& keys) {
  if (weights.missing_files.empty()) return;
  throw InputError{
      fmt::format("{}: {} of the model's {} files are missing, '{}' for one", keys.file(),
                  weights.missing_files.size(), weights.missing_files.size() + weights.files.size(),
                  printable(weights.missing_files.front())),
      "what a layer is shows in its tensors", "put all files, or their headers, into one folder"};
}

}  // namespace

void TensorsByName::sort() { std::ranges::sort(entries_, {}, &Entry::name); }

std::size_t TensorsByName::place(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(entries_, name, {}, &Entry::name) -
                                  entries_.begin());
}

const TensorsByName::Entry* TensorsByName::entry(std::string_view name) const {
  const std::size_t at = place(name);
  return at < entries_.size() && entries_[at].name == name ? &entries_[at] : nullptr;
}

const StoredTensor* TensorsByName::find(std::string_view name) const {
  const Entry* found = entry(name);
  return found ? found->tensor : nullptr;
}

std::int64_t TensorsByName::rows(std::string_view name) const {
  const StoredTensor* tensor = find(name);
  if (!tensor) return 0;
  return tensor->shape.size() < 2 ? 1 : tensor->shape[tensor->shape.size() - 2];
}

GgufTensors sorted_tensors(const StoredWeights& weights, std::int64_t layer_count, const GgufKeys& keys) {
  require_all_files(weights, keys);
  GgufTensors sorted;
  sorted.layers.resize(static_cast<std::size_t>(layer_count));
  for (const StoredTensor& tensor : weights.tensors) {
    const std::optional<LayerName> name = layer_name(tensor.name);
    if (!name) {
      sorted.outer.add(tensor.name, tensor);
    } else if (name->layer < layer_count) {
      sorted.layers[static_cast<std::size_t>(name->layer)].add(name->rest, tensor);
    } else {
      keys.fail("block_count", std::to_string(layer_count),
                fmt::format("must be more than {}, since there is a tensor '{}'", name->layer,
                            printable(tensor.name)));
    }
  }
  sorted.outer.sort();
  for (TensorsByName& layer : sorted.layers) layer.sort();
  return sorted;
}

}  // namespace calibram
