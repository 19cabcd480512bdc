// SPDX-License-Identifier: MIT
// Byte arithmetic: signed differences, overflow, rounding and text.
#include "src/core/bytes.hpp"

#include "src/core/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace calibram {
namespace {

using namespace literals;

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

TEST(Bytes, ADifferenceMayBeNegative) { EXPECT_EQ((1_GiB - 2_GiB).count(), -1073741824); }

TEST(Bytes, OverflowThrowsInsteadOfWrapping) {
  EXPECT_THROW(Bytes{largest} + 1_B, InputError);
  EXPECT_THROW(Bytes{-largest} - 2_B, InputError);
  EXPECT_THROW(Bytes{largest / 2} * 3, InputError);
  EXPECT_THROW(checked_product({largest, 1, 2}), InputError);
  EXPECT_THROW(round_up(largest, 4096), InputError);
}

TEST(Bytes, RoundUpKeepsMultiples) {
  EXPECT_EQ(round_up(0, 512), 0);
  EXPECT_EQ(round_up(512, 512), 512);
  EXPECT_EQ(round_up(513, 512), 1024);
}

TEST(Bytes, RoundedBytesRefusesWhatIsNoByteCount) {
  EXPECT_EQ(rounded_bytes(1.5).count(), 2);
  EXPECT_THROW(rounded_bytes(std::nan("")), InputError);
  EXPECT_THROW(rounded_bytes(9.3e18), InputError);
}

TEST(Bytes, TextShowsTwoDecimals) {
  EXPECT_EQ(gib_text(1536_MiB), "1.50 GiB");
  EXPECT_EQ(gib_text(0_B - 1_GiB), "-1.00 GiB");
  EXPECT_EQ(mib_text(256_KiB), "0.25 MiB");
}

}  // namespace
}  // namespace calibram
