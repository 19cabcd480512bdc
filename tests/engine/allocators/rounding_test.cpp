// SPDX-License-Identifier: MIT
// Allocator rounding against published cases.
#include "src/engine/allocators/rounding.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

using namespace literals;

TEST(Rounding, ExactLeavesTheSizeAlone) { EXPECT_EQ(rounded_size(12345_B, Rounding::exact), 12345_B); }

TEST(Rounding, PagesAreCountedAsFull) {
  EXPECT_EQ(rounded_size(1_B, Rounding::page_4k), 4_KiB);
  EXPECT_EQ(rounded_size(4_KiB, Rounding::page_4k), 4_KiB);
  EXPECT_EQ(rounded_size(2_MiB + 1_B, Rounding::device_page), 4_MiB);
}

// c10/cuda/CUDACachingAllocator.cpp; 8,519,680 B is the cuBLAS workspace as discuss.pytorch.org/t/178671
// shows it.
TEST(Rounding, ATorchBlockKeepsARestOfAtMostOneMebibyte) {
  EXPECT_EQ(rounded_size(1_B, Rounding::torch_block), 512_B);
  EXPECT_EQ(rounded_size(8519680_B, Rounding::torch_block), 8519680_B);
  EXPECT_EQ(rounded_size(135_MiB, Rounding::torch_block), 136_MiB);
  EXPECT_EQ(rounded_size(129_MiB + 512_KiB, Rounding::torch_block), 130_MiB);
  EXPECT_EQ(rounded_size(128_MiB + 512_B, Rounding::torch_block), 128_MiB + 512_B);
}

}  // namespace
}  // namespace calibram
