// SPDX-License-Identifier: MIT
// Small tensors on which a backend tries its kernels before anything is measured.
#pragma once

#include "src/engine/ops.hpp"

#include <vector>

namespace calibram {

/// Allocates tensors of zeros as workspace, and releases them when it ends.
class Trial {
 public:
  explicit Trial(Ops& ops) : ops_{ops} {}
  ~Trial() {
    for (Tensor& tensor : tensors_) ops_.release(tensor);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  Tensor tensor(Element element, std::int64_t rows, std::int64_t columns) {
    tensors_.push_back(ops_.allocate(Term::workspace, element, rows, columns));
    ops_.fill_zeros(tensors_.back());
    return tensors_.back();
  }

  Weight weight(Element element, std::int64_t rows, std::int64_t columns) {
    Weight weight{tensor(element, rows, columns), {}};
    if (element == Element::int8) weight.scales = tensor(Element::fp32, rows, 1);
    ops_.fill_weight(weight, 1);
    return weight;
  }

  /// @param block_tokens  0 for a contiguous cache
  KvCache cache(Element element, const Attention& attention, StepShape step, std::int64_t block_tokens = 0) {
    KvCache cache;
    cache.block_tokens = block_tokens;
    cache.capacity = block_tokens == 0 ? step.length() : round_up(step.length(), block_tokens);
    const std::int64_t rows = step.batch * cache.capacity, columns = attention.kv_heads * attention.head_size;
    if (block_tokens > 0) {
      cache.blocks = tensor(Element::int32, step.batch, cache.capacity / block_tokens);
      ops_.fill_blocks(cache.blocks);
    }
    for (Tensor KvCache::*part : {&KvCache::keys, &KvCache::values})
      cache.*part = tensor(element, rows, columns);
    if (element == Element::int8)
      for (Tensor KvCache::*part : {&KvCache::key_scales, &KvCache::value_scales})
        cache.*part = tensor(Element::fp32, rows, attention.kv_heads);
    return cache;
  }

 private:
  Ops& ops_;
  std::vector<Tensor> tensors_;
};

}  // namespace calibram
