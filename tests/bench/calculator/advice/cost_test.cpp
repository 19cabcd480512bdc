// SPDX-License-Identifier: MIT
// Which combination is the cheaper one.
#include "bench/calculator/advice/cost.hpp"

#include <gtest/gtest.h>

#include <set>

namespace calibram {
namespace {

Cost cost_of(std::initializer_list<CostClass> classes, int place = 0) {
  Cost cost;
  for (const CostClass one : classes) cost.add(one, 1, place);
  return cost;
}

TEST(Cost, ManyCheapRemediesAreCheaperThanOneDearer) {
  using enum CostClass;
  EXPECT_LT(cost_of({free, slower_prompt, newer_version, kv_8bit}, 9), cost_of({weights_8bit}));
  EXPECT_LT(cost_of({kv_8bit, weights_8bit}), cost_of({weights_4bit}));
  EXPECT_LT(cost_of({weights_4bit}), cost_of({kv_8bit, weights_4bit}));
  EXPECT_LT(cost_of({}), cost_of({free}));
}

TEST(Cost, EachFurtherCardCosts) {
  Cost two, four;
  two.add(CostClass::more_cards, 1, 6);
  two.add(CostClass::offload, 1, 0);
  four.add(CostClass::more_cards, 3, 0);
  EXPECT_LT(two, four);
}

TEST(Cost, WithinAClassTheTablesOrderDecides) {
  EXPECT_LT(cost_of({CostClass::weights_4bit}, 0), cost_of({CostClass::weights_4bit}, 1));
  EXPECT_EQ(cost_of({CostClass::weights_4bit}, 1), cost_of({CostClass::weights_4bit}, 1));
}

TEST(Cost, EveryClassHasWordsAndANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < cost_class_count; ++i) {
    const CostWords& words = words_of(static_cast<CostClass>(i));
    EXPECT_FALSE(words.words.empty());
    EXPECT_TRUE(names.insert(words.name).second) << words.name;
  }
}

}  // namespace
}  // namespace calibram
