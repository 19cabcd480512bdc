// SPDX-License-Identifier: MIT
// What a remedy costs, in words, and which of two combinations of remedies is the cheaper one.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

namespace calibram {

/// From cheap to dear, and why in this order: first what changes no answer and hardly the speed; then what
/// only asks for work once (a newer version); then what changes answers a little, by how much published
/// comparisons find (8 bits before 6 before 4; weights to 4 bits before the cache, whose errors grow with the
/// context); then another engine, which keeps the answers but is another program to run; then what keeps them
/// and makes each token many times slower; then what changes them plainly; then what costs money; last the
/// workload, which is what was wanted in the first place.
enum class CostClass : unsigned char {
  free,
  slower_prompt,
  newer_version,
  weights_16bit,
  kv_8bit,
  weights_8bit,
  weights_6bit,
  weights_4bit,
  kv_4bit,
  other_engine,
  offload,
  weights_3bit,
  more_cards,
  weights_2bit,
  fewer_sequences,
  shorter_context,
};
inline constexpr std::size_t cost_class_count = 16;

struct CostWords {
  std::string_view name;   ///< for programs
  std::string_view words;  ///< for people: what one pays
};

const CostWords& words_of(CostClass cost);

/// Of a combination. The dearest class decides, then the next: no number of cheap remedies is as dear as one
/// of a dearer class. Within classes the order of the tables decides, which put what is better first.
struct Cost {
  std::array<std::uint8_t, cost_class_count> steps{};  ///< of each class
  int rank = 0;                                        ///< the sum of places in the tables

  void add(CostClass cost, int count, int place);

  friend bool operator==(const Cost&, const Cost&) = default;
  friend std::strong_ordering operator<=>(const Cost& a, const Cost& b);
};

}  // namespace calibram
