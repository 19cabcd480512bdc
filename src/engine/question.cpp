// SPDX-License-Identifier: MIT
// The rules of a workload.
#include "src/engine/question.hpp"

#include "src/core/error.hpp"
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

std::optional<Split> parse_split(std::string_view name) {
  const auto found = std::find(split_names.begin(), split_names.end(), name);
  if (found == split_names.end()) return std::nullopt;
  return static_cast<Split>(found - split_names.begin());
}

std::string describe(const Placement& placement) {
  if (placement.devices == 1) return {};
  return fmt::format("{} devices ({})", placement.devices, name_of(placement.shared()));
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
