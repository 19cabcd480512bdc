// SPDX-License-Identifier: MIT
// What calibram's own pass may be told.
#include "bench/calculator/advice/remedies/groups.hpp"
#include "src/engine/count.hpp"

namespace calibram {

std::vector<RemedyGroup> calibram_settings(const Question& question) {
  using enum CostClass;
  const Runtime runtime = runtime_of(question);
  RemedyGroup logits{"last-token logits", {}, "the last token's alone are kept already"};
  if (runtime.logits_rows == LogitsRows::all)
    logits = {"last-token logits", {option_remedy("last-token logits", free, "logits", "last")}};
  RemedyGroup attention{"streaming attention", {}, "attention streams already"};
  if (runtime.attention == AttentionKind::eager)
    attention = {"streaming attention", {option_remedy("flash attention", free, "attention", "flash")}};
  RemedyGroup cache{"cache layout", {}, "the cache is in pages already"};
  if (runtime.cache_growth == CacheGrowth::concatenated)
    cache.choices.push_back(option_remedy("cache reserved at once", free, "cache", "reserved"));
  if (runtime.cache_growth != CacheGrowth::paged)
    cache.choices.push_back(option_remedy("paged cache", free, "cache", "paged"));
  return {logits, attention, cache, {"chunked prefill", {}, "its pass takes a whole prompt at once"}};
}

}  // namespace calibram
