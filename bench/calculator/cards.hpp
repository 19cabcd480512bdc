// SPDX-License-Identifier: MIT
// An answer held against the cards that people have.
#pragma once

#include "bench/calculator/capacity.hpp"
#include "src/engine/gpu.hpp"

#include <vector>

namespace calibram {

Capacity capacity_of(const Gpu& gpu);

/// Whether a card holds what the metric counts, all of it; the host's memory and single terms do not say
/// whether a run fits a card.
bool tells_of_cards(Metric metric);

/// Every known card, in the order of the table.
std::vector<Fitting> fit_into_known_cards(const Estimate& estimate, Metric metric);

/// Cards of one nominal size, which differ a little in what a process gets.
struct CardSize {
  int nominal_gb = 0;
  std::vector<Fitting> cards;         ///< the one with the least headroom first
  std::vector<std::string> examples;  ///< a few names, those first that most people know

  std::size_t fitting() const;
  Bytes least_headroom() const { return cards.front().headroom(); }
};

/// The known cards with memory of their own by size, the smallest first.
std::vector<CardSize> card_sizes(const Estimate& estimate, Metric metric);

/// Of these the ones that people look for: the largest two that do not fit, and the smallest three that do.
std::vector<CardSize> sizes_at_the_boundary(std::vector<CardSize> sizes);

}  // namespace calibram
