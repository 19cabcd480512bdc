// SPDX-License-Identifier: MIT
// Sums of PyTorch blocks by term, written down tensor by tensor.
#pragma once

#include "src/engine/allocators/rounding.hpp"
#include "src/engine/term.hpp"

#include <cstdint>
#include <initializer_list>

namespace calibram {

/// What is alive at one instant. Each tensor counts as the block that it gets from a segment of its own.
class VllmBuffers {
 public:
  void hold(Term term, std::initializer_list<std::int64_t> sizes) {
    bytes_[term] += rounded_size(Bytes{checked_product(sizes)}, Rounding::torch_block);
  }
  void hold(Term term, Bytes size) { bytes_[term] += rounded_size(size, Rounding::torch_block); }

  friend VllmBuffers operator+(VllmBuffers a, const VllmBuffers& b) {
    a.bytes_ += b.bytes_;
    return a;
  }

  const TermBytes& terms() const { return bytes_; }
  Bytes total() const { return bytes_.total(); }

 private:
  TermBytes bytes_;
};

/// The instant that holds more.
inline const VllmBuffers& larger(const VllmBuffers& a, const VllmBuffers& b) {
  return a.total() < b.total() ? b : a;
}

}  // namespace calibram
