// SPDX-License-Identifier: MIT
// What a question asks of a card, also where its total is not known but its parts are.
#pragma once

#include "bench/calculator/calculator.hpp"

#include <vector>

namespace calibram {

/// An answer and how it was come by.
struct OnCard {
  Question question;
  Asked asked;
  /// The questions whose answers were added up, where no estimator answers the whole; empty: it was asked as
  /// it is.
  std::vector<Question> parts;

  const Estimate* estimate() const { return asked.estimate(); }

  /// What the host holds of a run that cards share with it.
  Bytes on_host() const;
};

/// As Calculator::ask(). How llama.cpp's compute buffer lies on a card is not counted, so a run on cards is
/// put together from what is: weights and cache as they are placed, and on each card the compute buffer of
/// the same run on the host's back end, whose graph is the same. Where layers lie on the host, that is a run
/// with --no-op-offload: without it, prompts take copies of the host's weights to the card.
OnCard ask_on_card(const Calculator& calculator, const Question& question);

}  // namespace calibram
