// SPDX-License-Identifier: MIT
// The bars of the table of terms: as long as their shares, and never nothing for what is there.
#include "bench/app/estimate/terms_text.hpp"

#include "src/core/text_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using namespace literals;

TEST(Bar, IsAsLongAsTheShareToAnEighthOfACharacter) {
  EXPECT_EQ(bar(1, 4), "████");
  EXPECT_EQ(bar(0.5, 4), "██");
  EXPECT_EQ(bar(0.5 + 1.0 / 32, 4), "██▏");
  EXPECT_EQ(bar(31.0 / 32, 4), "███▉");
  for (int percent = 0; percent <= 100; ++percent)
    EXPECT_NEAR(static_cast<double>(text_width(bar(percent / 100.0, 20))), percent / 5.0, 1) << percent;
}

TEST(Bar, OfWhatIsThereIsSeenAndOfNothingIsNot) {
  EXPECT_EQ(bar(1e-9, 20), "▏");
  EXPECT_EQ(bar(0, 20), "");
  EXPECT_EQ(bar(-0.1, 20), "") << "a fitted constant may be negative";
  EXPECT_EQ(bar(1.2, 2), "██") << "then another term is more than all";
}

Estimate half_and_half() {
  Estimate estimate;
  estimate.terms[Term::weights] = estimate.terms[Term::kv_cache] = 1_GiB;
  estimate.total = 2_GiB;
  return estimate;
}

TEST(TermsText, ErrorsHaveAColumnOnlyWhereTheyAreKnown) {
  Question question;
  Estimate estimate = half_and_half();
  EXPECT_EQ(terms_text(question, estimate),
            "term                   size    share\n"
            "-----------------  --------  -------  ----------\n"
            "weights            1.00 GiB   50.0 %  ██████████\n"
            "kv_cache           1.00 GiB   50.0 %  ██████████\n"
            "total (allocated)  2.00 GiB  100.0 %\n");
  estimate.spread = Spread{{512.0 * 1024, 0, 0, 0, 0, 0}, 1e6, 5};
  EXPECT_THAT(terms_text(question, estimate),
              testing::HasSubstr("weights            1.00 GiB  0.50 MiB   50.0 %"));
}

}  // namespace
}  // namespace calibram
