// SPDX-License-Identifier: MIT
// Sums of PyTorch blocks, written down tensor by tensor.
#pragma once

#include "src/engine/allocators/rounding.hpp"
#include "src/engine/term.hpp"

#include <cstdint>
#include <initializer_list>

namespace calibram {

/// Tensors of PyTorch's caching allocator: what was asked for, and the blocks, each as a segment of its own
/// would yield it.
struct VllmBlocks {
  Bytes requested;
  Bytes held;

  void add(Bytes size) {
    requested += size;
    held += rounded_size(size, Rounding::torch_block);
  }
  VllmBlocks& operator+=(const VllmBlocks& other) {
    requested += other.requested;
    held += other.held;
    return *this;
  }
  friend VllmBlocks operator*(std::int64_t count, VllmBlocks blocks) {
    return {count * blocks.requested, count * blocks.held};
  }
};

/// What is alive at one instant, by term.
class VllmBuffers {
 public:
  void hold(Term term, Bytes size) {
    bytes_[term] += rounded_size(size, Rounding::torch_block);
    requested_ += size;
  }
  void hold(Term term, std::initializer_list<std::int64_t> sizes) {
    hold(term, Bytes{checked_product(sizes)});
  }
  friend VllmBuffers operator+(VllmBuffers a, const VllmBuffers& b) {
    a.bytes_ += b.bytes_;
    a.requested_ += b.requested_;
    return a;
  }

  const TermBytes& terms() const { return bytes_; }  ///< of blocks
  Bytes total() const { return bytes_.total(); }
  Bytes requested() const { return requested_; }

 private:
  TermBytes bytes_;
  Bytes requested_;
};

/// The instant that holds more.
inline const VllmBuffers& larger(const VllmBuffers& a, const VllmBuffers& b) {
  return a.total() < b.total() ? b : a;
}

}  // namespace calibram
