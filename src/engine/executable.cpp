// SPDX-License-Identifier: MIT
// Names what of a question is counted but not computed.
#include "src/engine/executable.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace calibram {
namespace {

/// Whether every layer that reads the cache of an earlier one finds it (see Decoder::share_caches).
bool shares_what_exists(const Model& model) {
  std::vector<const Attention*> owners;
  for (const LayerRun& run : model.layers) {
    const Attention* attention = attention_of(run.layer);
    if (!attention) continue;
    if (attention->owns_cache) {
      owners.push_back(attention);
      continue;
    }
    const auto sees_as_far = [&](const Attention* owner) {
      return owner->window == attention->window && owner->chunk == attention->chunk;
    };
    if (std::none_of(owners.begin(), owners.end(), sees_as_far)) return false;
  }
  return true;
}

}  // namespace

void validate_executable(const Question& question, const Runtime& runtime) {
  validate_countable(question, runtime);
  const Model& model = *question.model;
  if (!shares_what_exists(model))
    throw InputError{fmt::format("cannot run {}", model.name),
                     "a layer reads the cache of an earlier one that sees as far, and there is none",
                     "correct the model's layers"};
  const Format& weights = *question.weights;
  if (!plain_width(weights) && weights.name != "int8")
    throw InputError{fmt::format("cannot run weights={}", weights.name), "packed weights are only counted",
                     "use fp32, fp16, bf16 or int8"};
}

}  // namespace calibram
