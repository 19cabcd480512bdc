// SPDX-License-Identifier: MIT
// Requests are the sequences of a batch; what they share is taken off all but the first.
//
// Why the difference is exact. With blocks the cache of a sequence is the blocks that its context begins, all
// of one size, reserved before the first step and alive to the end. A batch of n holds n times that. Requests
// that share k whole blocks hold them once: n - 1 times k blocks less at every instant from the reservation
// on, so the highest of those instants stays the highest, and falls by just as much. Before the reservation
// there are weights alone, which every later instant holds too. What a block takes is what the same estimator
// says of the cache of one sequence of k blocks. The table of block numbers, 4 B for a block and layer, is
// not shared: every request has its own, which names the same blocks.
//
// What stays conservative: activation is that of prompts that are computed whole, at once. An engine that
// finds the prefix in its cache computes only the rest of the prompt, but the first request, or requests that
// come together, compute all of it. Errors of the estimate are taken to be those of separate caches.
#include "bench/calculator/concurrency.hpp"

#include "bench/calculator/varied.hpp"
#include "src/core/error.hpp"
#include "src/engine/cache_rules.hpp"
#include "src/engine/count.hpp"
#include "src/model/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace calibram {
namespace {

InputError cannot_share(const Question& question, const std::string& reason, const std::string& remedy) {
  return InputError{
      fmt::format("requests of {} under {} cannot share a prefix", question.subject, question.runtime),
      reason, remedy};
}

void check_runtime(const Question& question, const Runtime& runtime) {
  if (runtime.cache_growth == CacheGrowth::paged) return;
  const bool is_calibram = family_of(question.runtime) == "calibram";
  throw cannot_share(question, "it keeps the cache of every sequence in one piece, not in blocks",
                     is_calibram ? "add --options cache=paged"
                                 : "ask --runtime vllm, or --runtime calibram with --options cache=paged");
}

/// Blocks that hold the same tokens are the same; a window's are given back behind it, and a state is that of
/// all tokens of its sequence.
void check_model(const Question& question) {
  const CacheRule* rule = find_cache_rule(question.runtime);
  const SequenceCache cache =
      sequence_cache(*rule, *question.model, *question.kv, *question.kv, activation_bytes(*question.weights));
  const char* remedy = "ask without --shared-prefix";
  if (!cache.windowed.empty())
    throw cannot_share(question, "its layers with a window give blocks back as the window moves on", remedy);
  if (cache.state > Bytes{})
    throw cannot_share(question, "its recurrent layers keep a state of each sequence, not blocks of tokens",
                       remedy);
}

/// The numbers of one sequence's blocks, in every layer that has a cache. An engine with a way of its own to
/// be counted keeps them elsewhere.
Bytes table_bytes(const Question& question, const Runtime& runtime, std::int64_t blocks) {
  if (runtime.count) return {};
  constexpr std::int64_t number_bytes = 4;
  std::int64_t layers = 0;
  for (const LayerRun& run : question.model->layers)
    if (cache_shape(run.layer)) layers += run.count;
  return Bytes{checked_product({layers, blocks, number_bytes})};
}

/// The metric has to count the whole cache, and what is taken rather than what is left.
void check_metric(const Question& question, bool shares) {
  if (is_composed(question.metric))
    throw InputError{fmt::format("requests do not add up in the metric {}", name_of(question.metric)),
                     "it is what is left, not what is taken", "ask for the metric device or allocated"};
  if (shares && !is_total(question.metric) && question.metric != Metric::kv_cache)
    throw cannot_share(question, fmt::format("the metric {} is without the cache", name_of(question.metric)),
                       "ask for the metric allocated or kv_cache");
}

/// The reason is a sentence of its own, with a remedy where it was an error.
Estimate answered(const Calculator& calculator, const Question& question) {
  Asked asked = calculator.ask(question);
  if (const auto* refused = std::get_if<Unanswered>(&asked.answer))
    throw InputError{fmt::format("{} cannot answer one request of {}: {}", asked.estimator, question.subject,
                                 refused->reason),
                     "",
                     refused->reason.find("; ") == std::string::npos
                         ? "ask for another --metric, or name a --profile"
                         : ""};
  return std::get<Estimate>(std::move(asked.answer));
}

/// Of all but the first request.
void take_off(Estimate& estimate, const SharedPrefix& prefix, std::int64_t requests) {
  const std::int64_t times = requests - 1;
  const Bytes bytes = times * prefix.bytes;
  estimate.total -= bytes;
  estimate.terms[Term::kv_cache] -= bytes;
  for (std::size_t i = 0; i < std::min(estimate.devices.size(), prefix.device_bytes.size()); ++i)
    estimate.devices[i] -= times * prefix.device_bytes[i];
  if (!estimate.interval) return;
  for (Bytes* bound : {&estimate.interval->low, &estimate.interval->high, &estimate.interval->bound99})
    *bound -= bytes;
}

void add_differences(std::vector<ConcurrencyRow>& rows, std::int64_t up_to) {
  for (std::size_t i = 0; i + 1 < rows.size(); ++i)
    rows[i].next = rows[i + 1].estimate.total - rows[i].estimate.total;
  if (std::cmp_greater(rows.size(), up_to)) rows.pop_back();  // was asked for its difference alone
}

}  // namespace

SharedPrefix shared_prefix(const Calculator& calculator, const Question& question, std::int64_t tokens) {
  if (!question.model)
    throw cannot_share(question, "a bare size has no cache of tokens", "name a model or its config.json");
  const Runtime runtime = runtime_of(question);
  check_runtime(question, runtime);
  check_model(question);
  const Workload& workload = question.workload;
  if (tokens > workload.prompt)
    throw InputError{fmt::format("--shared-prefix {} is longer than the prompt", tokens),
                     fmt::format("--prompt is {}", workload.prompt), "give a longer --prompt"};
  SharedPrefix prefix{.tokens = tokens, .block_tokens = runtime.cache_block_tokens};
  // The last token of a prompt is always computed: its logits are the next token's
  // (vllm/v1/core/kv_cache_manager.py, get_computed_blocks).
  const std::int64_t blocks = std::min(tokens, workload.prompt - 1) / prefix.block_tokens;
  prefix.shared_tokens = blocks * prefix.block_tokens;
  if (blocks == 0) return prefix;
  Question cache = question;
  cache.metric = Metric::kv_cache;
  cache.workload = {.batch = 1, .prompt = prefix.shared_tokens};
  const Estimate estimate = answered(calculator, cache);
  const Bytes table = table_bytes(question, runtime, blocks);
  prefix.bytes = estimate.total - table;
  prefix.device_bytes = estimate.devices;
  prefix.device_bytes.front() -= table;
  return prefix;
}

Concurrency concurrency(const Calculator& calculator, const Calculator& rule, const Question& question,
                        const ConcurrencyRequest& request) {
  check_metric(question, request.shared_prefix > 0);
  Concurrency result;
  if (request.shared_prefix > 0) result.prefix = shared_prefix(calculator, question, request.shared_prefix);
  for (std::int64_t requests = 1; requests <= request.up_to + 1; ++requests) {
    const Question asked = with_batch(question, requests);
    Asked answer = calculator.ask(asked);
    if (const auto* refused = std::get_if<Unanswered>(&answer.answer)) {
      if (requests == 1) answered(calculator, asked);  // throws
      result.refusal = refused->reason;
      break;
    }
    result.estimator = answer.estimator;
    ConcurrencyRow row{.requests = requests, .estimate = std::get<Estimate>(std::move(answer.answer))};
    if (result.prefix) take_off(row.estimate, *result.prefix, requests);
    if (request.capacity) row.fitting = fit_into(row.estimate, question.metric, *request.capacity);
    const Asked thumb = rule.ask(asked);
    if (thumb.estimate()) row.rule_terms = thumb.estimate()->total;
    result.rows.push_back(std::move(row));
  }
  add_differences(result.rows, request.up_to);
  return result;
}

}  // namespace calibram
