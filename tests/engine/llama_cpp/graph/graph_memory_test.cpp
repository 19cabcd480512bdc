// SPDX-License-Identifier: MIT
// The order of ggml's operations and the buffer that its allocator reserves for them.
#include "src/engine/llama_cpp/graph/graph_memory.hpp"

#include <gtest/gtest.h>

namespace calibram::llama_cpp {
namespace {

using namespace literals;

constexpr std::int64_t alignment = 32;

Bytes reserved(TensorGraph& graph, Tensor last) {
  graph.expand(last);
  return reserved_bytes(graph, alignment);
}

TEST(TensorGraph, SourcesComeBeforeWhatReadsThemTheFirstOneFirst) {
  TensorGraph graph;
  const Tensor input = graph.input({8});
  const Tensor first = graph.compute({8}, {input}), second = graph.compute({8}, {input});
  const Tensor sum = graph.in_place({second, first});
  graph.expand(sum);
  EXPECT_EQ(graph.order(), (std::vector<Tensor>{second, first, sum}));
  EXPECT_EQ(graph.leaves(), std::vector<Tensor>{input});
}

TEST(TensorGraph, WhatIsInOrderStaysWhereItIs) {
  TensorGraph graph;
  const Tensor early = graph.compute({8}, {graph.input({8})});
  graph.expand(early);
  const Tensor late = graph.compute({8}, {});
  graph.expand(graph.in_place({late, early}));
  EXPECT_EQ(graph.order().front(), early);
}

TEST(TensorGraph, AViewOfAViewIsOfTheSameBytes) {
  TensorGraph graph;
  const Tensor whole = graph.compute({8}, {});
  const Tensor view = graph.view(graph.view(whole, {4, 2}), {2, 4});
  EXPECT_EQ(graph.node(view).root, whole);
}

TEST(GraphMemory, EveryTensorTakesAMultipleOfTheAlignment) {
  TensorGraph graph;
  EXPECT_EQ(reserved(graph, graph.compute({9}, {})), 64_B);
}

TEST(GraphMemory, AnOperationInPlaceTakesItsOnlyReadersSource) {
  TensorGraph graph;
  EXPECT_EQ(reserved(graph, graph.in_place({graph.compute({8}, {})})), 32_B);
}

TEST(GraphMemory, ASourceThatIsReadAgainIsNotOverwritten) {
  TensorGraph graph;
  const Tensor source = graph.compute({8}, {});
  const Tensor changed = graph.in_place({source});
  EXPECT_EQ(reserved(graph, graph.in_place({changed, source})), 64_B);
}

TEST(GraphMemory, AViewIsNotTakenOver) {
  TensorGraph graph;
  const Tensor view = graph.view(graph.compute({8}, {}), {8});
  EXPECT_EQ(reserved(graph, graph.in_place({view})), 64_B);
}

TEST(GraphMemory, AnOutputIsNeitherFreedNorOverwritten) {
  TensorGraph graph;
  const Tensor output = graph.compute({8}, {});
  graph.mark_output(output);
  const Tensor next = graph.in_place({output});
  EXPECT_EQ(reserved(graph, graph.compute({8}, {graph.compute({8}, {next})})), 96_B);
}

TEST(GraphMemory, WhatAViewStillNeedsIsNotFreed) {
  TensorGraph graph;
  const Tensor whole = graph.compute({8}, {});
  const Tensor view = graph.view(whole, {4, 2});
  graph.expand(view);
  graph.expand(graph.compute({8}, {whole}));
  EXPECT_EQ(reserved(graph, graph.compute({8}, {view})), 96_B);
}

TEST(GraphMemory, TheSmallestHoleThatIsLargeEnoughIsTaken) {
  TensorGraph graph;
  // Holes of 96 and 32 bytes between tensors that stay: the last small one goes into the small hole.
  const Tensor wide = graph.compute({24}, {}), kept = graph.compute({8}, {}), slim = graph.compute({8}, {}),
               kept_too = graph.compute({8}, {});
  for (const Tensor tensor : {wide, kept, slim, kept_too}) graph.expand(tensor);
  graph.expand(graph.store({wide}));
  graph.expand(graph.store({slim}));
  const Tensor small = graph.compute({8}, {}), again = graph.compute({24}, {});
  graph.expand(small);
  graph.expand(again);
  EXPECT_EQ(reserved(graph, graph.store({small, again, kept, kept_too})), 192_B);
}

TEST(GraphMemory, InputsAreThereFromTheBeginning) {
  TensorGraph graph;
  const Tensor first = graph.compute({8}, {});
  graph.expand(graph.store({first}));
  EXPECT_EQ(reserved(graph, graph.store({graph.input({8})})), 64_B);
}

}  // namespace
}  // namespace calibram::llama_cpp
