// SPDX-License-Identifier: MIT
// Which cards hold an estimate, for people and for programs.
#pragma once

#include "bench/calculator/cards.hpp"

#include <string>
#include <vector>

namespace calibram {

struct FitsReport {
  std::vector<Fitting> named;  ///< what was asked for, in that order
  std::vector<Fitting> cards;  ///< all others that are known; none where the metric does not tell of cards
  bool lists_all = false;      ///< the text, too, has every card

  bool all_named_fit() const;
};

/// A line for each that was named; the sizes of cards unless these answer the question.
/// @param boundary  the sizes between which fitting begins; none where the question is not about them
std::string fits_text(const FitsReport& report, const std::vector<CardSize>& boundary, int devices);

/// Those that were named first, as the value of a key of an indented document. Written without one: there are
/// more than a hundred cards, and a server writes them thousands of times a second.
std::string fits_json(const FitsReport& report);

}  // namespace calibram
