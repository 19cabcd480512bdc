// SPDX-License-Identifier: MIT
// Names of metrics, and the rules of a workload.
#include "src/engine/question.hpp"

#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/number.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

void require_at_least(std::string_view name, std::int64_t number, std::int64_t lowest) {
  if (number < lowest)
    throw InputError{fmt::format("{} is {}", name, number),
                     "must be " + integer_rule(lowest, highest_integer), ""};
}

}  // namespace

Metric metric_named(std::string_view name) {
  const auto found = std::find(metric_names.begin(), metric_names.end(), name);
  if (found == metric_names.end()) throw unknown_name("metric", name, metric_names);
  return static_cast<Metric>(found - metric_names.begin());
}

void validate(const Workload& workload) {
  require_at_least("batch", workload.batch, 1);
  require_at_least("prompt", workload.prompt, 1);
  require_at_least("generate", workload.generate, 0);
  const std::int64_t tokens = checked_sum(workload.prompt, workload.generate);
  if (workload.context && *workload.context < tokens)
    throw InputError{fmt::format("context is {}", *workload.context),
                     fmt::format("must hold prompt + generate, {} tokens", tokens),
                     "raise it, or leave it out"};
}

}  // namespace calibram
