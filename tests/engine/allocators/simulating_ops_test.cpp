// SPDX-License-Identifier: MIT
// The books of a pass over simulated allocators.
#include "src/engine/allocators/simulating_ops.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

using namespace literals;

Tensor allocate(SimulatingOps& ops, Term term, Bytes size) {
  return ops.allocate(term, Element::raw8, 1, size.count());
}

TEST(SimulatingOps, LiveTensorsCountAsTheirBlocks) {
  SimulatingOps ops{1, Held::live, {}};
  Tensor tensor = allocate(ops, Term::weights, 135_MiB);
  EXPECT_EQ(ops.devices().front().at_peak[Term::weights], 136_MiB);
  EXPECT_EQ(ops.devices().front().requested, 135_MiB);
  ops.release(tensor);
  EXPECT_TRUE(tensor.empty());
  tensor = allocate(ops, Term::weights, 134_MiB + 512_KiB);  // the cached block, which is not split
  EXPECT_EQ(ops.devices().front().total, 136_MiB);
  ops.release(tensor);
  tensor = allocate(ops, Term::weights, 137_MiB);
  EXPECT_EQ(ops.devices().front().total, 138_MiB);
}

TEST(SimulatingOps, WhatSegmentsHoldBesideLiveTensorsIsWorkspace) {
  SimulatingOps ops{1, Held::segments, {}};
  allocate(ops, Term::weights, 12_MiB);
  Tensor first = allocate(ops, Term::activation, 40_MiB);
  ops.release(first);
  allocate(ops, Term::logits, 60_MiB);
  const DeviceCount& device = ops.devices().front();
  EXPECT_EQ(device.total, 112_MiB);
  EXPECT_EQ(device.at_peak[Term::weights], 12_MiB);
  EXPECT_EQ(device.at_peak[Term::activation], 0_B);
  EXPECT_EQ(device.at_peak[Term::logits], 60_MiB);
  EXPECT_EQ(device.at_peak[Term::workspace], 40_MiB);
}

TEST(SimulatingOps, EveryDeviceHasAnAllocatorOfItsOwn) {
  SimulatingOps ops{2, Held::segments, {}};
  Tensor there = allocate(ops, Term::activation, 30_MiB);
  ops.use_device(1);
  ops.release(there);  // goes back to where it came from
  allocate(ops, Term::activation, 30_MiB);
  EXPECT_EQ(ops.devices()[0].total, 30_MiB);
  EXPECT_EQ(ops.devices()[1].total, 30_MiB);
}

}  // namespace
}  // namespace calibram
