// SPDX-License-Identifier: MIT
// Reads the flags that concurrency alone has.
#include "bench/app/concurrency/concurrency_request.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"

#include <fmt/format.h>

namespace calibram {

void refuse_batch(const Workload& workload) {
  if (workload.batch != 1)
    throw InputError{"--batch is what this verb varies", fmt::format("it is {}", workload.batch),
                     "drop it, and say --up-to"};
}

ConcurrencyRequest concurrency_request(const std::string& up_to, const std::string& shared_prefix,
                                       const std::optional<Capacity>& capacity) {
  ConcurrencyRequest request;
  if (!up_to.empty()) request.up_to = require_integer("--up-to", up_to, 1, most_requests);
  if (!shared_prefix.empty()) request.shared_prefix = require_integer("--shared-prefix", shared_prefix, 1);
  request.capacity = capacity;
  return request;
}

}  // namespace calibram
