// SPDX-License-Identifier: MIT
// The words of each class, and the comparison from the dearest class down.
#include "bench/calculator/advice/cost.hpp"

namespace calibram {
namespace {

/// In the order of CostClass.
constexpr std::array<CostWords, cost_class_count> words = {{
    {"free", "none: same answers, same speed"},
    {"slower_prompt", "a little speed; same answers"},
    {"newer_version", "an upgrade; same answers"},
    {"weights_16bit", "hardly any quality"},
    {"kv_8bit", "hardly any quality"},
    {"weights_8bit", "hardly any quality"},
    {"weights_6bit", "little quality"},
    {"weights_4bit", "some quality"},
    {"kv_4bit", "some quality, more in long contexts"},
    {"other_engine", "another program to run; same answers"},
    {"offload", "speed: each token many times slower"},
    {"weights_3bit", "much quality"},
    {"more_cards", "money for further cards"},
    {"weights_2bit", "most of the quality"},
    {"fewer_sequences", "throughput: the others wait"},
    {"shorter_context", "the rest of the text"},
}};

}  // namespace

const CostWords& words_of(CostClass cost) { return words[static_cast<std::size_t>(cost)]; }

void Cost::add(CostClass cost, int count, int place) {
  auto& of_class = steps[static_cast<std::size_t>(cost)];
  of_class = static_cast<std::uint8_t>(of_class + count);
  rank += place;
}

std::strong_ordering operator<=>(const Cost& a, const Cost& b) {
  for (std::size_t i = cost_class_count; i-- > 0;)
    if (a.steps[i] != b.steps[i]) return a.steps[i] <=> b.steps[i];
  return a.rank <=> b.rank;
}

}  // namespace calibram
