// SPDX-License-Identifier: MIT
// Totals over stored tensors, their names, and the words for what is missing.
#include "src/model/stored_tensor.hpp"

#include "src/core/number.hpp"
#include "src/core/printable.hpp"
#include "src/core/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

namespace calibram {
namespace {

/// "'a', 'b', 'c' and 7 more"
std::string some_of(std::span<const std::string> names) {
  constexpr std::size_t most = 3;
  std::string text;
  for (const std::string& name : names.first(std::min(names.size(), most)))
    text += (text.empty() ? "" : ", ") + in_quotes(name);
  return names.size() > most ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

std::string missing_data(const StoredFile& file) {
  return fmt::format(
      "{} has {} bytes and lacks {} of its tensor data; sizes are those that its header declares",
      in_quotes(file.path.string()), file.size.count(), file.missing.count());
}

std::string missing_files(const StoredWeights& weights) {
  std::string text = fmt::format(
      "{} of {} files are missing: {}; their tensors are not counted", weights.missing_files.size(),
      weights.missing_files.size() + weights.files.size(), some_of(weights.missing_files));
  if (weights.declared_bytes)
    text +=
        fmt::format(" ({} of {} bytes are)", total_bytes(weights).count(), weights.declared_bytes->count());
  if (weights.declared_count)
    text += fmt::format(" ({} of {} tensors are)", weights.tensors.size(), *weights.declared_count);
  return text;
}

}  // namespace

Bytes total_bytes(const StoredWeights& weights) {
  Bytes total;
  for (const StoredTensor& tensor : weights.tensors) total += tensor.bytes;
  return total;
}

std::int64_t total_elements(const StoredWeights& weights) {
  std::int64_t total = 0;
  for (const StoredTensor& tensor : weights.tensors)
    total = checked_sum(total, element_count(tensor.shape).value_or(0));
  return total;
}

std::vector<std::string> warnings(const StoredWeights& weights) {
  std::vector<std::string> lines;
  for (const StoredFile& file : weights.files)
    if (file.missing > Bytes{}) lines.push_back(missing_data(file));
  if (!weights.missing_files.empty()) lines.push_back(missing_files(weights));
  if (!weights.missing_tensors.empty())
    lines.push_back(fmt::format("the index lists {} tensors that their files do not have: {}",
                                weights.missing_tensors.size(), some_of(weights.missing_tensors)));
  if (!weights.unlisted_tensors.empty())
    lines.push_back(
        fmt::format("the files have {} tensors that the index does not list: {}; they are counted",
                    weights.unlisted_tensors.size(), some_of(weights.unlisted_tensors)));
  return lines;
}

NameIndex::NameIndex(std::vector<std::string_view> names) {
  entries_.reserve(names.size());
  for (const std::string_view name : names) entries_.push_back({std::hash<std::string_view>{}(name), name});
  std::ranges::sort(entries_);
}

bool NameIndex::contains(std::string_view name) const {
  return std::ranges::binary_search(entries_, Entry{std::hash<std::string_view>{}(name), name});
}

std::optional<std::string_view> NameIndex::duplicate() const {
  const auto found = std::ranges::adjacent_find(entries_);
  if (found == entries_.end()) return std::nullopt;
  return found->name;
}

NameIndex name_index(std::span<const StoredTensor> tensors) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const StoredTensor& tensor : tensors) names.push_back(tensor.name);
  return NameIndex{std::move(names)};
}

std::optional<std::int64_t> layer_of(std::string_view tensor_name) {
  // The first part that is a number, after the name of a list. Experts and heads are numbered behind it.
  constexpr std::array<std::string_view, 5> lists = {"layers", "blk", "h", "blocks", "layer"};
  std::string_view before;
  for (const std::string_view part : split(tensor_name, '.')) {
    if (const std::optional<std::int64_t> number = parse_integer(part))
      return std::find(lists.begin(), lists.end(), before) != lists.end() ? number : std::nullopt;
    before = part;
  }
  return std::nullopt;
}

}  // namespace calibram
