// SPDX-License-Identifier: MIT
// Groups cards by size and finds the sizes between which fitting begins.
#include "bench/calculator/cards.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace calibram {
namespace {

/// Tables list a family's newest cards last, which most people have or look for.
std::vector<std::string> examples_of(const std::vector<const Gpu*>& cards) {
  constexpr std::array<std::pair<GpuClass, std::size_t>, 4> wanted = {{{GpuClass::consumer, 2},
                                                                       {GpuClass::data_centre, 2},
                                                                       {GpuClass::workstation, 1},
                                                                       {GpuClass::laptop, 1}}};
  constexpr std::size_t most = 3;
  std::vector<std::string> names;
  for (const auto& [kind, count] : wanted) {
    std::size_t taken = 0;
    for (auto card = cards.rbegin(); card != cards.rend(); ++card)
      if ((*card)->kind == kind && (*card)->vendor == GpuVendor::nvidia && taken < count &&
          names.size() < most)
        names.emplace_back((*card)->name), ++taken;
  }
  for (const Gpu* card : cards)
    if (names.empty()) names.emplace_back(card->name);
  return names;
}

}  // namespace

Capacity capacity_of(const Gpu& gpu) { return {std::string{gpu.name}, gpu.capacity(), /*is_card=*/true}; }

bool tells_of_cards(Metric metric) {
  return metric == Metric::allocated || metric == Metric::reserved || metric == Metric::device;
}

std::vector<Fitting> fit_into_known_cards(const Estimate& estimate, Metric metric) {
  std::vector<Fitting> fittings;
  for (const Gpu& gpu : gpus()) fittings.push_back(fit_into(estimate, metric, capacity_of(gpu)));
  return fittings;
}

std::size_t CardSize::fitting() const {
  return static_cast<std::size_t>(
      std::count_if(cards.begin(), cards.end(), [](const Fitting& card) { return card.fits(); }));
}

std::vector<CardSize> card_sizes(const Estimate& estimate, Metric metric) {
  std::map<int, std::vector<const Gpu*>> by_size;
  for (const Gpu& gpu : gpus())
    if (gpu.kind != GpuClass::unified) by_size[gpu.nominal_gb].push_back(&gpu);
  std::vector<CardSize> sizes;
  for (const auto& [nominal_gb, cards] : by_size) {
    CardSize size{nominal_gb, {}, examples_of(cards)};
    for (const Gpu* card : cards) size.cards.push_back(fit_into(estimate, metric, capacity_of(*card)));
    std::stable_sort(size.cards.begin(), size.cards.end(),
                     [](const Fitting& a, const Fitting& b) { return a.headroom() < b.headroom(); });
    sizes.push_back(std::move(size));
  }
  return sizes;
}

std::vector<CardSize> sizes_at_the_boundary(std::vector<CardSize> sizes) {
  constexpr std::ptrdiff_t shown_below = 2, shown_above = 3;
  // The first size of which every card fits.
  const auto boundary = std::find_if(
      sizes.begin(), sizes.end(), [](const CardSize& size) { return size.fitting() == size.cards.size(); });
  const auto begin = boundary - std::min(shown_below, boundary - sizes.begin());
  const auto end = boundary + std::min(shown_above, sizes.end() - boundary);
  return {begin, end};
}

}  // namespace calibram
