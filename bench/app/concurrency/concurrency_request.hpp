// SPDX-License-Identifier: MIT
// What concurrency is asked for, be it by a command line or over HTTP.
#pragma once

#include "bench/calculator/concurrency.hpp"

#include <optional>
#include <string>

namespace calibram {

/// The batch is what varies. @throws InputError where one is asked for
void refuse_batch(const Workload& workload);

/// @param up_to, shared_prefix  as their flags have them; empty: the default
/// @throws InputError naming the flag
ConcurrencyRequest concurrency_request(const std::string& up_to, const std::string& shared_prefix,
                                       const std::optional<Capacity>& capacity);

}  // namespace calibram
