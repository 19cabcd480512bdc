// SPDX-License-Identifier: MIT
// Finding a card by the names that tables and drivers give it.
#include "src/engine/gpu.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

TEST(Gpu, IsFoundInTheNamesThatPeopleWrite) {
  EXPECT_EQ(find_gpu("A100 80GB")->compute_capability, 80);
  EXPECT_EQ(find_gpu("NVIDIA A100-SXM4-80GB")->compute_capability, 80);
  EXPECT_EQ(find_gpu("NVIDIA H20")->compute_capability, 90);
  EXPECT_EQ(find_gpu("NVIDIA GeForce RTX 4090")->compute_capability, 89);
}

TEST(Gpu, ANameInsideAnotherIsNotFound) {
  EXPECT_EQ(find_gpu("NVIDIA L400"), nullptr);
  EXPECT_EQ(find_gpu(""), nullptr);
}

TEST(Gpu, ALongerNameIsAnotherCard) {
  EXPECT_EQ(find_gpu("NVIDIA H100 80GB HBM3")->multiprocessors, 132);
  EXPECT_EQ(find_gpu("NVIDIA H100 PCIe")->multiprocessors, 114);
}

// aten/src/ATen/cuda/CublasHandlePool.cpp
TEST(Gpu, TheGemmWorkspaceIsLargerOnHopper) {
  EXPECT_EQ(torch_gemm_workspace("NVIDIA H200").count(), 33554432);
  EXPECT_EQ(torch_gemm_workspace("A100 80GB").count(), 8519680);
  EXPECT_EQ(torch_gemm_workspace("").count(), 8519680);
}

}  // namespace
}  // namespace calibram
