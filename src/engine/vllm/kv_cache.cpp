// SPDX-License-Identifier: MIT
// Counts the pages of vLLM's KV cache.
#include "src/engine/vllm/kv_cache.hpp"

#include "src/core/error.hpp"
#include "src/engine/vllm/batch_limits.hpp"
#include "src/engine/vllm/kv_groups.hpp"
#include "src/engine/vllm/runtime.hpp"
#include "src/engine/vllm/stages.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

class KvCachePlan {
 public:
  KvCachePlan(const Question& question, const Runtime& runtime)
      : question_{question},
        groups_{vllm_kv_groups(question, vllm_settings(runtime))},
        step_tokens_{vllm_batch_limits(question, vllm_settings(runtime)).tokens},
        block_bytes_{bytes_of_blocks()} {}

  bool has_cache() const { return !groups_.groups.empty(); }
  const std::vector<Bytes>& block_bytes() const { return block_bytes_; }
  std::int64_t blocks_for(std::int64_t tokens) const { return groups_.blocks(tokens, step_tokens_); }

  /// The device whose layers take most decides.
  std::int64_t blocks_in(Bytes available) const {
    return available < largest_block() ? 0 : available.count() / largest_block().count();
  }
  std::int64_t tokens_in(Bytes available) const {
    const auto groups = static_cast<std::int64_t>(groups_.groups.size());
    return checked_product({blocks_in(available) / groups, groups_.block_tokens()});
  }

  /// @throws InputError when the workload's max_model_len does not fit
  void check(Bytes available) const {
    if (!has_cache())
      throw InputError{fmt::format("{} keeps no KV cache", question_.model->name),
                       "none of its layers has one", "ask for another metric"};
    const std::int64_t wanted = vllm_max_model_len(question_);
    if (fits(wanted, available)) return;
    const std::int64_t longest = longest_context(wanted, available);
    throw InputError{
        fmt::format("a context of {} tokens does not fit the KV cache of {}", wanted, question_.model->name),
        fmt::format("it takes {}, and {} are left on a device",
                    gib_text(blocks_for(wanted) * largest_block()), gib_text(available)),
        longest > 0
            ? fmt::format("the longest context possible is {} tokens", longest)
            : "not one token fits: use a larger gpu_memory_utilization, a larger card or more of them"};
  }

 private:
  std::vector<Bytes> bytes_of_blocks() const {
    const auto layers = layer_count(*question_.model);
    const auto devices = static_cast<std::size_t>(question_.devices);
    if (question_.devices == 1 || question_.split == Split::tensor)
      return std::vector<Bytes>(devices, groups_.block_bytes(0, layers));
    std::vector<Bytes> bytes;
    std::int64_t first = 0;
    for (const std::int64_t count : vllm_stage_layers(layers, question_.devices)) {
      bytes.push_back(groups_.block_bytes(first, first + count));
      first += count;
    }
    return bytes;
  }

  Bytes largest_block() const { return *std::max_element(block_bytes_.begin(), block_bytes_.end()); }
  bool fits(std::int64_t tokens, Bytes available) const {
    return blocks_for(tokens) * largest_block() <= available;
  }

  /// Needs rise with the context, so halving finds the longest; 0 where none fits.
  std::int64_t longest_context(std::int64_t too_long, Bytes available) const {
    std::int64_t fitting = 0;
    while (too_long - fitting > 1) {
      const std::int64_t middle = fitting + (too_long - fitting) / 2;
      (fits(middle, available) ? fitting : too_long) = middle;
    }
    return fitting;
  }

  const Question& question_;
  KvGroups groups_;
  std::int64_t step_tokens_;
  std::vector<Bytes> block_bytes_;
};

}  // namespace

std::vector<Bytes> vllm_kv_bytes(const Question& question, const Runtime& runtime) {
  const KvCachePlan plan{question, runtime};
  const std::int64_t blocks =
      checked_product({question.workload.batch, plan.blocks_for(question.workload.context_tokens())});
  std::vector<Bytes> bytes;
  for (const Bytes block : plan.block_bytes()) bytes.push_back(blocks * block);
  return bytes;
}

CacheRoom vllm_cache_room(const Question& question, const Runtime& runtime, Bytes available) {
  const KvCachePlan plan{question, runtime};
  plan.check(available);
  return {plan.tokens_in(available), static_cast<double>(plan.blocks_in(available)) /
                                         static_cast<double>(plan.blocks_for(vllm_max_model_len(question)))};
}

}  // namespace calibram
