// SPDX-License-Identifier: MIT
// What advice is asked for, be it by a command line or over HTTP.
#pragma once

#include "bench/calculator/advice/advice.hpp"
#include "src/engine/question_words.hpp"

#include <optional>

namespace calibram {

/// How many cards a plan may be allowed to take.
inline constexpr int most_advised_devices = 64;

/// What advice is about. Where a card's chip is known and no other device is named, its name is put into the
/// words: an engine's defaults go by it. @throws InputError where nothing is named
Capacity advised_capacity(const std::optional<Capacity>& named, QuestionWords& words);

}  // namespace calibram
