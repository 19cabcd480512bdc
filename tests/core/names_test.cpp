// SPDX-License-Identifier: MIT
// Suggestions for misspelt names.
#include "src/core/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::array<std::string_view, 5> models = {"llama-3-8b", "llama-3-70b", "qwen2-7b", "qwen2-72b",
                                                    "gemma-2b"};

TEST(Names, TheNearestNameComesFirst) {
  EXPECT_THAT(nearest_names("lama-3-8b", models), ElementsAre("llama-3-8b", "llama-3-70b"));
  EXPECT_THAT(nearest_names("LLAMA-3-8B", models).at(0), "llama-3-8b");
}

TEST(Names, SwappedLettersAreOneMistake) {
  EXPECT_THAT(nearest_names("gmema-2b", models), ElementsAre("gemma-2b"));
  EXPECT_THAT(nearest_names("kv", std::array<std::string_view, 1>{"vk"}), ElementsAre("vk"));
}

TEST(Names, ABeginningSuggestsItsEndings) {
  EXPECT_THAT(nearest_names("qwen2", models), ElementsAre("qwen2-7b", "qwen2-72b"));
}

TEST(Names, NothingNearSuggestsNothing) {
  EXPECT_THAT(nearest_names("mixtral", models), IsEmpty());
  EXPECT_THAT(nearest_names("", models), IsEmpty());
  EXPECT_THAT(nearest_names(std::string(1'000'000, 'x'), models), IsEmpty());
}

TEST(Names, ThreeSuggestionsAreEnough) {
  const std::array<std::string_view, 5> near = {"a1", "a2", "a3", "a4", "a5"};
  EXPECT_EQ(nearest_names("a0", near).size(), 3u);
}

TEST(Names, TheErrorSuggestsAndSaysWhereTheListIs) {
  EXPECT_STREQ(unknown_name("model", "lama-3-8b", models, "run \"calibram models\" for the list").what(),
               "unknown model 'lama-3-8b' (did you mean 'llama-3-8b' or 'llama-3-70b'?); "
               "run \"calibram models\" for the list");
}

TEST(Names, WithoutARemedyTheErrorListsWhatIsKnown) {
  const std::array<std::string_view, 2> splits = {"layers", "tensor"};
  EXPECT_STREQ(unknown_name("split", "rows", splits).what(),
               "unknown split 'rows'; the known ones are layers, tensor");
}

}  // namespace
}  // namespace calibram
