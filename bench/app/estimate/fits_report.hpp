// SPDX-License-Identifier: MIT
// Which cards hold an estimate, for people and for programs.
#pragma once

#include "bench/calculator/cards.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace calibram {

struct FitsReport {
  std::vector<Fitting> named;  ///< what was asked for, in that order
  std::vector<Fitting> cards;  ///< all others that are known; none where the metric does not tell of cards
  std::vector<CardSize> boundary;  ///< the sizes between which fitting begins
  bool lists_all = false;          ///< the text, too, has every card

  bool all_named_fit() const;
};

/// A line for each that was named; the sizes of cards unless these answer the question.
std::string fits_text(const FitsReport& report, int devices);

/// Those that were named first.
nlohmann::ordered_json fits_json(const FitsReport& report);

}  // namespace calibram
