// SPDX-License-Identifier: MIT
// Puts operations in ggml's order.
#include "src/engine/llama_cpp/graph/tensor_graph.hpp"

#include <algorithm>

namespace calibram::llama_cpp {
namespace {

std::int64_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::f16:
      return 2;
    case ElementType::i64:
      return 8;
    case ElementType::f32:
    case ElementType::i32:
      break;
  }
  return 4;
}

}  // namespace

std::int64_t Shape::elements() const { return checked_product({sizes[0], sizes[1], sizes[2], sizes[3]}); }

Bytes Shape::bytes() const { return Bytes{checked_product({elements(), element_bytes(type)})}; }

Tensor TensorGraph::view(Tensor of, Shape shape) {
  const Tensor made = add_operation(TensorKind::view, shape, {of});
  at(made).root = node(of).kind == TensorKind::view ? node(of).root : of;
  return made;
}

Tensor TensorGraph::compute(Shape shape, std::initializer_list<Tensor> sources) {
  return add_operation(TensorKind::computed, shape, sources);
}

Tensor TensorGraph::in_place(std::initializer_list<Tensor> sources) {
  return add_operation(TensorKind::in_place, shape(*sources.begin()), sources);
}

void TensorGraph::expand(Tensor tensor) {
  // The depth is the longest chain of what is not yet in order: a layer, or the part of one.
  Node& here = at(tensor);
  if (here.is_visited) return;
  here.is_visited = true;
  for (const Tensor source : here.sources)
    if (source != no_tensor) expand(source);
  if (here.kind == TensorKind::input)
    leaves_.push_back(tensor);
  else
    order_.push_back(tensor);
}

Tensor TensorGraph::add_operation(TensorKind kind, Shape shape, std::initializer_list<Tensor> sources) {
  Node made{.kind = kind, .shape = shape};
  std::copy(sources.begin(), sources.end(), made.sources.begin());
  nodes_.push_back(made);
  return static_cast<Tensor>(nodes_.size() - 1);
}

}  // namespace calibram::llama_cpp
