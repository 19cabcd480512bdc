// SPDX-License-Identifier: MIT
// Names what of a question is counted but not computed.
#include "src/engine/decoder/executable.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"
#include "src/model/state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

/// Whether every layer that reads the cache of an earlier one finds it (see Decoder::share_caches).
bool shares_what_exists(const Model& model) {
  for (auto run = model.layers.begin(); run != model.layers.end(); ++run) {
    const Attention* attention = attention_of(run->layer);
    if (!attention || attention->owns_cache) continue;
    if (std::none_of(model.layers.begin(), run,
                     [&](const LayerRun& earlier) { return lends_cache(earlier.layer, *attention); }))
      return false;
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
  const bool loops =
      runtime.functional && std::any_of(model.layers.begin(), model.layers.end(), [](const LayerRun& run) {
        return std::holds_alternative<Experts>(run.layer.feed_forward);
      });
  if (loops)
    throw InputError{fmt::format("cannot run {} as runtime {} does", model.name, runtime.name),
                     "its loop over experts is only counted", "use runtime calibram"};
  for (const LayerRun& run : model.layers) {
    const std::optional<std::int64_t> visible = visible_positions(run.layer);
    if (runtime.slides_cache && visible && *visible < question.workload.context_tokens())
      throw InputError{fmt::format("cannot run {} as runtime {} does", model.name, runtime.name),
                       "its sliding cache is only counted", "use runtime calibram"};
  }
  const Format& weights = *question.weights;
  if (!plain_width(weights) && weights.name != "int8")
    throw InputError{fmt::format("cannot run weights={}", weights.name), "packed weights are only counted",
                     "use fp32, fp16, bf16 or int8"};
}

}  // namespace calibram
