// SPDX-License-Identifier: MIT
// The operations of one forward pass in the order in which ggml runs them, with the sizes of what they give.
#pragma once

#include "src/core/bytes.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace calibram::llama_cpp {

/// A tensor of a graph, by its place in it; negative: none.
using Tensor = std::int32_t;
inline constexpr Tensor no_tensor = -1;

enum class ElementType : unsigned char { f32, f16, i32, i64 };

struct Shape {
  std::array<std::int64_t, 4> sizes{1, 1, 1, 1};
  ElementType type = ElementType::f32;

  Shape() = default;
  Shape(std::int64_t a, std::int64_t b = 1, std::int64_t c = 1, std::int64_t d = 1) : sizes{a, b, c, d} {}
  Shape as(ElementType other) const {
    Shape shape = *this;
    shape.type = other;
    return shape;
  }
  std::int64_t elements() const;
  Bytes bytes() const;
  bool operator==(const Shape&) const = default;
};

enum class TensorKind : unsigned char {
  input,     ///< set before the pass; alive from its beginning until its last reader ran
  stored,    ///< written into a buffer of its own, such as the cache's
  view,      ///< the bytes of another tensor
  computed,  ///< the result of an operation
  in_place,  ///< the same, of an operation that may overwrite what it reads
};

struct Node {
  static constexpr std::size_t most_sources = 7;

  TensorKind kind = TensorKind::computed;
  bool is_output = false;   ///< never freed, never overwritten
  bool is_visited = false;  ///< it has its place in the order
  Tensor root = no_tensor;  ///< of a view: whose bytes they are
  Shape shape;
  std::array<Tensor, most_sources> sources{-1, -1, -1, -1, -1, -1, -1};
};

/// Tensors and the order of the operations. As in ggml_build_forward_expand, a tensor's sources are put in
/// order before it, the first source first, unless they are there already (ggml/src/ggml.c). Weights and
/// caches have buffers of their own: sources that need no mention.
class TensorGraph {
 public:
  Tensor input(Shape shape) { return add_operation(TensorKind::input, shape, {}); }
  /// Writes its sources into a buffer that is not the graph's.
  Tensor store(std::initializer_list<Tensor> sources) {
    return add_operation(TensorKind::stored, {}, sources);
  }
  /// The bytes of a tensor, or of a part of them, in another shape.
  Tensor view(Tensor of, Shape shape);
  Tensor compute(Shape shape, std::initializer_list<Tensor> sources);
  /// An operation that gives a tensor like its first source and may overwrite one of its sources.
  Tensor in_place(std::initializer_list<Tensor> sources);
  void mark_output(Tensor tensor) { at(tensor).is_output = true; }

  /// Puts what the tensor needs, and then itself, in the order.
  void expand(Tensor tensor);

  const Shape& shape(Tensor tensor) const { return node(tensor).shape; }
  const Node& node(Tensor tensor) const { return nodes_[static_cast<std::size_t>(tensor)]; }
  std::size_t size() const { return nodes_.size(); }
  const std::vector<Tensor>& order() const { return order_; }    ///< views and operations
  const std::vector<Tensor>& leaves() const { return leaves_; }  ///< inputs, as they were met

 private:
  Node& at(Tensor tensor) { return nodes_[static_cast<std::size_t>(tensor)]; }
  Tensor add_operation(TensorKind kind, Shape shape, std::initializer_list<Tensor> sources);

  std::vector<Node> nodes_;
  std::vector<Tensor> order_, leaves_;
};

}  // namespace calibram::llama_cpp
