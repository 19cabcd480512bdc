// SPDX-License-Identifier: MIT
// Simulates ggml's graph allocator: best fit, reuse in place, freeing after the last reader.
#include "src/engine/llama_cpp/graph/graph_memory.hpp"

#include <algorithm>
#include <limits>

namespace calibram::llama_cpp {
namespace {

/// One buffer that may grow at its end. Source: ggml-alloc.c, ggml_dyn_tallocr_alloc and _free_bytes.
class GrowingBuffer {
 public:
  std::int64_t allocate(std::int64_t size) {
    // The last hole is the open end: it is taken only when no other is large enough.
    auto best = holes_.end();
    for (auto hole = holes_.begin(); hole != holes_.end() - 1; ++hole)
      if (hole->size >= size && (best == holes_.end() || hole->size <= best->size)) best = hole;
    if (best == holes_.end()) best = holes_.end() - 1;
    const std::int64_t offset = best->offset;
    best->offset += size;
    best->size -= size;
    if (best->size == 0) holes_.erase(best);
    highest_ = std::max(highest_, offset + size);
    return offset;
  }

  void free(std::int64_t offset, std::int64_t size) {
    if (size == 0) return;
    auto next = std::lower_bound(holes_.begin(), holes_.end(), offset,
                                 [](const Hole& hole, std::int64_t wanted) { return hole.offset < wanted; });
    const bool touches_next = next != holes_.end() && offset + size == next->offset;
    if (next != holes_.begin() && (next - 1)->offset + (next - 1)->size == offset) {
      (next - 1)->size += size + (touches_next ? next->size : 0);
      if (touches_next) holes_.erase(next);
    } else if (touches_next) {
      next->offset = offset;
      next->size += size;
    } else {
      holes_.insert(next, {offset, size});
    }
  }

  std::int64_t highest() const { return highest_; }

 private:
  struct Hole {
    std::int64_t offset = 0, size = 0;
  };
  std::vector<Hole> holes_{{0, std::numeric_limits<std::int64_t>::max() / 2}};  ///< by offset
  std::int64_t highest_ = 0;
};

/// What the allocator knows of a tensor.
struct Place {
  std::int64_t offset = 0, size = 0;
  std::int32_t readers = 0;  ///< operations that still have to read it
  std::int32_t views = 0;    ///< views of it that still have readers
  bool is_own = false;       ///< it holds bytes of the buffer
};

class GraphAllocator {
 public:
  GraphAllocator(const TensorGraph& graph, std::int64_t alignment)
      : graph_{graph}, alignment_{alignment}, places_(graph.size()) {}

  Bytes run(const std::vector<Tensor>& inputs) {
    for (const Tensor input : inputs) allocate(input);
    for (const Tensor tensor : graph_.order()) count_readers(tensor);
    for (const Tensor tensor : graph_.order()) {
      const TensorKind kind = graph_.node(tensor).kind;
      if (kind == TensorKind::computed || kind == TensorKind::in_place) allocate(tensor);
      for (const Tensor source : graph_.node(tensor).sources)
        if (source != no_tensor) release(source);
    }
    return Bytes{buffer_.highest()};
  }

 private:
  Place& place(Tensor tensor) { return places_[static_cast<std::size_t>(tensor)]; }

  void count_readers(Tensor tensor) {
    const Node& node = graph_.node(tensor);
    if (node.kind == TensorKind::view) ++place(node.root).views;
    for (const Tensor source : node.sources)
      if (source != no_tensor) ++place(source).readers;
  }

  void allocate(Tensor tensor) {
    const Node& node = graph_.node(tensor);
    Place& here = place(tensor);
    here.size = round_up(node.shape.bytes().count(), alignment_);
    here.is_own = true;
    if (node.kind == TensorKind::in_place && take_over_source(node, here)) return;
    here.offset = buffer_.allocate(here.size);
  }

  /// Views are never taken over: only what was allocated itself counts as the allocator's own.
  bool take_over_source(const Node& node, Place& here) {
    for (const Tensor source : node.sources) {
      if (source == no_tensor) continue;
      Place& there = place(source);
      if (!there.is_own || graph_.node(source).is_output || graph_.shape(source) != node.shape) continue;
      if (there.readers != 1 || there.views != 0) continue;
      here.offset = there.offset;
      there.is_own = false;
      return true;
    }
    return false;
  }

  void release(Tensor source) {
    Place& there = place(source);
    if (--there.readers > 0 || there.views > 0) return;
    const Node& node = graph_.node(source);
    if (node.kind != TensorKind::view) return free(source);
    Place& root = place(node.root);
    if (--root.views == 0 && root.readers == 0) free(node.root);
  }

  void free(Tensor tensor) {
    Place& there = place(tensor);
    if (!there.is_own || graph_.node(tensor).is_output) return;
    buffer_.free(there.offset, there.size);
    there.is_own = false;
  }

  const TensorGraph& graph_;
  std::int64_t alignment_;
  std::vector<Place> places_;
  GrowingBuffer buffer_;
};

std::vector<Tensor> inputs_by_reader(const TensorGraph& graph) {
  std::vector<Tensor> inputs;
  for (const Tensor tensor : graph.order())
    for (const Tensor source : graph.node(tensor).sources)
      if (source != no_tensor && graph.node(source).kind == TensorKind::input &&
          std::find(inputs.begin(), inputs.end(), source) == inputs.end())
        inputs.push_back(source);
  return inputs;
}

}  // namespace

Bytes reserved_bytes(const TensorGraph& graph, std::int64_t alignment) {
  return GraphAllocator{graph, alignment}.run(graph.leaves());
}

Bytes reserved_bytes_after_copies(const TensorGraph& graph, std::int64_t alignment) {
  return GraphAllocator{graph, alignment}.run(inputs_by_reader(graph));
}

Bytes input_bytes(const TensorGraph& graph, std::int64_t alignment) {
  Bytes sum;
  for (const Tensor input : graph.leaves())
    sum += Bytes{round_up(graph.shape(input).bytes().count(), alignment)};
  return sum;
}

}  // namespace calibram::llama_cpp
