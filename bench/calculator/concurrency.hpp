// SPDX-License-Identifier: MIT
// Memory against the number of concurrent requests, with a prefix that they share or without.
#pragma once

#include "bench/calculator/calculator.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace calibram {

/// What requests that begin with the same tokens keep once.
struct SharedPrefix {
  std::int64_t tokens = 0;        ///< that they have in common
  std::int64_t block_tokens = 0;  ///< of a block of the cache, which is shared whole or not at all
  std::int64_t shared_tokens = 0;
  Bytes bytes{};                      ///< of one request's cache that every further request finds there
  std::vector<Bytes> device_bytes{};  ///< the same by device
};

struct ConcurrencyRow {
  std::int64_t requests = 0;
  Estimate estimate;
  std::optional<Bytes> next{};        ///< what one more request adds; nothing where that is not answered
  std::optional<Bytes> rule_terms{};  ///< what the rule of thumb says, which knows no sharing
  std::optional<Fitting> fitting{};   ///< where a capacity was named
};

/// A row cannot be answered: the rows end before it.
struct Concurrency {
  std::string_view estimator;
  std::optional<SharedPrefix> prefix;
  std::vector<ConcurrencyRow> rows;  ///< for 1, 2, … requests
  std::string refusal;               ///< of the next number of requests, where the rows end early
};

struct ConcurrencyRequest {
  std::int64_t up_to = 64;
  std::int64_t shared_prefix = 0;  ///< tokens; 0: none
  std::optional<Capacity> capacity{};
};

inline constexpr std::int64_t most_requests = 65'536;

/// What requests that share this many tokens keep once. @throws InputError where the runtime, the model or
/// the prompt leaves nothing to share, with the reason and what to ask instead
SharedPrefix shared_prefix(const Calculator& calculator, const Question& question, std::int64_t tokens);

/// The question's workload is that of one request; its batch does not count.
/// @param rule  asked for the rule of thumb's column
/// @throws InputError where not even one request is answered
Concurrency concurrency(const Calculator& calculator, const Calculator& rule, const Question& question,
                        const ConcurrencyRequest& request);

}  // namespace calibram
