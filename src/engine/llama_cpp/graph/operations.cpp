// SPDX-License-Identifier: MIT
// The small operations that all parts of a graph are made of.
#include "src/engine/llama_cpp/graph/pass.hpp"

namespace calibram::llama_cpp {

Tensor Pass::product(Tensor source, std::int64_t rows, bool bias) {
  const Shape& of = graph_.shape(source);
  const Tensor result = graph_.compute({rows, of.sizes[1], of.sizes[2], of.sizes[3]}, {source});
  return bias ? graph_.in_place({result}) : result;
}

Tensor Pass::norm(Tensor source, bool weight) {
  // ggml_op_can_inplace knows RMS_NORM and not NORM (ggml-alloc.c).
  const bool by_rms = model_.norm == Norm::rms || rules_.norms_by_rms;
  Tensor result = by_rms ? graph_.in_place({source}) : graph_.compute(graph_.shape(source), {source});
  if (weight) result = graph_.in_place({result});
  if (weight && model_.norm_bias) result = graph_.in_place({result});
  return result;
}

Tensor Pass::rows(Tensor source) {
  if (output_rows_ == no_tensor) output_rows_ = graph_.input(Shape{shape_.outputs}.as(ElementType::i32));
  return graph_.compute({size(source, 0), shape_.outputs}, {source, output_rows_});
}

bool Pass::is_part(Tensor tensor) const {
  const Node& node = graph_.node(tensor);
  if (shape_.tokens == 1) return false;  // columns of one row are whole again
  return node.kind == TensorKind::view && node.shape.elements() < graph_.shape(node.root).elements();
}

Tensor Pass::positions() {
  if (positions_ == no_tensor)
    positions_ = graph_.input(Shape{rules_.position_parts * shape_.tokens}.as(ElementType::i32));
  return positions_;
}

}  // namespace calibram::llama_cpp
