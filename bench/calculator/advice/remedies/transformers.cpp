// SPDX-License-Identifier: MIT
// What transformers may be told, and what its newer versions no longer keep.
#include "bench/calculator/advice/remedies/groups.hpp"
#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <optional>

namespace calibram {
namespace {

constexpr int last_minor_of_4 = 57;  ///< what follows 4.57 is 5.0
constexpr std::string_view newest = "transformers@5.0.0";

std::optional<Runtime> resolved(Question question, const std::string& runtime) {
  question.runtime = runtime;
  try {
    return runtime_of(question);
  } catch (const InputError&) {
    return std::nullopt;  // a version that does not run this model
  }
}

Remedy version_remedy(std::string name, const std::string& runtime) {
  return {.name = std::move(name),
          .cost = CostClass::newer_version,
          .apply = [runtime](Question& changed, std::int64_t) { changed.runtime = runtime; }};
}

/// The first version that keeps the logits of the last position alone; nothing where this one does.
std::optional<std::string> first_with_last_logits(const Question& question, const Runtime& runtime) {
  if (runtime.logits_rows == LogitsRows::last) return std::nullopt;
  for (int minor = runtime.version.minor + 1; minor <= last_minor_of_4; ++minor) {
    const std::string name = fmt::format("transformers@4.{}.0", minor);
    const std::optional<Runtime> newer = resolved(question, name);
    if (newer && newer->logits_rows == LogitsRows::last) return name;
  }
  return std::nullopt;
}

RemedyGroup newer_versions(const Question& question, const Runtime& runtime) {
  RemedyGroup group{"newer version", {}, "none is known"};
  if (const auto name = first_with_last_logits(question, runtime))
    group.choices.push_back(version_remedy(fmt::format("last-token logits, by {}", *name), *name));
  const std::optional<Runtime> last = resolved(question, std::string{newest});
  if (last && runtime.version < last->version)
    group.choices.push_back(version_remedy(std::string{newest}, std::string{newest}));
  return group;
}

RemedyGroup lighter_attention(const Runtime& runtime) {
  RemedyGroup group{"streaming attention", {}, "attention streams already"};
  if (runtime.attention == AttentionKind::eager)
    group.choices.push_back(option_remedy("sdpa attention", CostClass::free, "attention", "sdpa"));
  if (runtime.attention != AttentionKind::flash)
    group.choices.push_back(option_remedy("flash attention", CostClass::free, "attention", "flash"));
  return group;
}

}  // namespace

std::vector<RemedyGroup> transformers_settings(const Question& question) {
  const Runtime runtime = runtime_of(question);
  std::vector<RemedyGroup> groups = {lighter_attention(runtime),
                                     {"cache layout", {}, "the cache is static already"}};
  if (runtime.cache_growth == CacheGrowth::concatenated)
    groups.back().choices.push_back(option_remedy("static cache", CostClass::free, "cache", "static"));
  if (runtime.logits_rows == LogitsRows::last)
    groups.push_back({"last-token logits", {}, "the last token's alone are kept already"});
  groups.push_back(newer_versions(question, runtime));
  groups.push_back({"paged cache", {}, "none is known for this runtime"});
  groups.push_back({"chunked prefill", {}, "generate() takes a whole prompt at once"});
  return groups;
}

}  // namespace calibram
