// SPDX-License-Identifier: MIT
// Tensors as handles of memory, and which layers run.
#include "kernels/host/host_ops.hpp"

#include "src/core/error.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace calibram {
namespace {

using Layers = std::vector<std::int64_t>;

Layers layers_executed(const ExecutionOptions& options, IndexRange range) {
  HostOps ops{options};
  Layers layers;
  ops.for_each_layer(range, [&](std::int64_t layer) {
    if (ops.executes(layer)) layers.push_back(layer);
  });
  return layers;
}

TEST(HostOps, RunsEveryLayerOfTheRangeInOrder) {
  EXPECT_EQ(layers_executed({}, {3, 4}), (Layers{3, 4, 5, 6}));
}

TEST(HostOps, RepresentativeLayersAreThoseOfTheModelNotOfTheRange) {
  Model model;
  model.layers = {{Layer{}, 8}};
  const ExecutionOptions options = executing_layers(2, model);
  EXPECT_EQ(layers_executed(options, {0, 8}), (Layers{0, 7}));
  EXPECT_EQ(layers_executed(options, {0, 3}), (Layers{0}));
  EXPECT_EQ(layers_executed(options, {3, 4}), (Layers{}));
  EXPECT_EQ(layers_executed(options, {7, 1}), (Layers{7}));
}

TEST(HostOps, EveryKindOfLayerIsRepresented) {
  Layer windowed;
  windowed.mixer = Attention{.window = 7};
  Model model;
  model.layers = {{Layer{}, 3}, {windowed, 1}, {Layer{}, 3}, {windowed, 2}};
  EXPECT_EQ(layers_executed(executing_layers(4, model), {0, 9}), (Layers{0, 3, 6, 8}));
  EXPECT_EQ(layers_executed(executing_layers(9, model), {0, 9}).size(), 9U);
}

TEST(HostOps, AModelOfOneLayerRunsItOnce) {
  Model model;
  model.layers = {{Layer{}, 1}};
  EXPECT_EQ(layers_executed(executing_layers(1, model), {0, 1}), (Layers{0}));
}

TEST(HostOps, ATensorIsBookedUnderItsTermUntilReleased) {
  HostOps ops;
  Tensor tensor = ops.allocate(Term::kv_cache, Element::fp16, 3, 5);
  EXPECT_EQ(ops.memory().requested().live[Term::kv_cache], Bytes{30});
  ops.release(tensor);
  EXPECT_TRUE(tensor.empty());
  EXPECT_EQ(tensor.data, nullptr);
  EXPECT_EQ(ops.memory().requested().live.total(), Bytes{});
  EXPECT_NO_THROW(ops.release(tensor));
}

TEST(HostOps, SizesThatNoTensorCanHaveAreRefused) {
  HostOps ops;
  EXPECT_THROW(ops.allocate(Term::weights, Element::fp16, -1, 5), InputError);
  EXPECT_THROW(ops.allocate(Term::weights, Element::fp32, std::numeric_limits<std::int64_t>::max(), 2),
               Error);
}

}  // namespace
}  // namespace calibram
