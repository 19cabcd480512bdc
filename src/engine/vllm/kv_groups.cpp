// SPDX-License-Identifier: MIT
// Groups layers by what they keep, and brings their pages to one size.
#include "src/engine/vllm/kv_groups.hpp"

#include "src/core/error.hpp"
#include "src/engine/vllm/kv_specs.hpp"
#include "src/model/shard.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return round_up(a, b) / b; }

/// Layers with equal specs, in the order of their first ones.
std::vector<KvGroup> by_spec(const std::vector<LayerKvSpec>& specs) {
  std::vector<KvGroup> kinds;
  for (const LayerKvSpec& of : specs) {
    const auto same = [&](const KvGroup& kind) { return kind.spec == of.spec; };
    const auto at = std::find_if(kinds.begin(), kinds.end(), same);
    KvGroup& kind = at != kinds.end() ? *at : kinds.emplace_back(KvGroup{of.spec, {}});
    kind.layers.push_back(of.layer);
  }
  return kinds;
}

/// Pages of layers that keep equally many tokens may differ in size; each layer then has memory of its own.
bool keep_alike(const std::vector<LayerKvSpec>& specs) {
  const KvSpec& first = specs.front().spec;
  return std::all_of(specs.begin(), specs.end(), [&](const LayerKvSpec& of) {
    return of.spec.kind == first.kind && of.spec.kind != KvKind::state &&
           of.spec.block_tokens == first.block_tokens && of.spec.visible_tokens == first.visible_tokens;
  });
}

/// unify_kv_cache_spec_page_size: smaller pages hold more tokens.
void unify_pages(std::vector<LayerKvSpec>& specs, const std::string& name) {
  Bytes largest;
  for (const LayerKvSpec& of : specs) largest = std::max(largest, of.spec.page);
  for (LayerKvSpec& of : specs) {
    if (largest.count() % of.spec.page.count() != 0)
      throw InputError{
          fmt::format("vLLM cannot share one KV cache among the layers of {}", name),
          fmt::format("a page of {} B does not go into one of {} B", of.spec.page.count(), largest.count()),
          "give hybrid_kv_cache=off where all its layers attend, or another model"};
    of.spec.block_tokens *= largest.count() / of.spec.page.count();
    of.spec.page = largest;
  }
}

/// _get_kv_cache_groups_uniform_page_size: as many layers in each group as the rarest kind has, or, where no
/// kind has half as many again, as the most frequent one has. Layer i goes to group i modulo their number.
std::vector<KvGroup> equal_groups(const std::vector<KvGroup>& kinds) {
  const auto fewer = [](const KvGroup& a, const KvGroup& b) { return a.layers.size() < b.layers.size(); };
  const auto [rarest, most_frequent] = std::minmax_element(kinds.begin(), kinds.end(), fewer);
  const std::size_t least = rarest->layers.size(), most = most_frequent->layers.size();
  const std::size_t group_size = 2 * most < 3 * least ? most : least;
  std::vector<KvGroup> groups;
  for (const KvGroup& kind : kinds) {
    const std::size_t count = (kind.layers.size() + group_size - 1) / group_size;
    for (std::size_t group = 0; group < count; ++group) {
      KvGroup& part = groups.emplace_back(KvGroup{kind.spec, {}});
      for (std::size_t i = group; i < kind.layers.size(); i += count) part.layers.push_back(kind.layers[i]);
    }
  }
  return groups;
}

std::vector<Bytes> pages_of_layers(const std::vector<KvGroup>& groups, std::int64_t layers) {
  std::vector<Bytes> pages(static_cast<std::size_t>(layers));
  for (const KvGroup& group : groups)
    for (const std::int64_t layer : group.layers) pages[static_cast<std::size_t>(layer)] = group.spec.page;
  return pages;
}

}  // namespace

std::int64_t KvSpec::pages(std::int64_t tokens, std::int64_t step_tokens) const {
  switch (kind) {
    case KvKind::full:
      return ceil_divide(tokens, block_tokens);
    case KvKind::window:  // one more, as the window need not begin with a page
      return ceil_divide(std::min(visible_tokens - 1 + step_tokens, tokens), block_tokens) + 1;
    case KvKind::chunk:
      return ceil_divide(std::min(visible_tokens + step_tokens, tokens), block_tokens);
    case KvKind::state:
      return 1;
  }
  return 0;
}

std::int64_t KvGroups::blocks(std::int64_t tokens, std::int64_t step_tokens) const {
  std::int64_t sum = 0;
  for (const KvGroup& group : groups) sum += group.spec.pages(tokens, step_tokens);
  return sum;
}

Bytes KvGroups::block_bytes(std::int64_t first, std::int64_t end) const {
  const auto is_held = [&](std::int64_t layer) { return layer >= first && layer < end; };
  Bytes largest;
  for (const KvGroup& group : groups) {
    Bytes sum;
    for (const std::int64_t layer : group.layers)
      if (is_held(layer)) sum += layer_pages[static_cast<std::size_t>(layer)];
    largest = std::max(largest, sum);
  }
  return largest;
}

std::int64_t KvGroups::block_tokens() const {
  std::int64_t least = groups.front().spec.block_tokens;
  for (const KvGroup& group : groups) least = std::min(least, group.spec.block_tokens);
  return least;
}

KvGroups vllm_kv_groups(const Question& question, const VllmSettings& settings) {
  const bool is_sliced = question.split == Split::tensor;
  const Model part = is_sliced ? shard(*question.model, question.devices, 0) : *question.model;
  std::vector<LayerKvSpec> specs = kv_specs(part, question, settings);
  KvGroups result;
  if (specs.empty()) return result;
  const std::int64_t layers = layer_count(part);
  if (std::vector<KvGroup> kinds = by_spec(specs); kinds.size() == 1 || keep_alike(specs)) {
    result.layer_pages = pages_of_layers(kinds, layers);
    for (std::size_t i = 1; i < kinds.size(); ++i)
      kinds[0].layers.insert(kinds[0].layers.end(), kinds[i].layers.begin(), kinds[i].layers.end());
    kinds.resize(1);
    result.groups = std::move(kinds);
    return result;
  }
  unify_pages(specs, part.name);
  result.groups = equal_groups(by_spec(specs));
  result.layer_pages = pages_of_layers(result.groups, layers);
  return result;
}

}  // namespace calibram
