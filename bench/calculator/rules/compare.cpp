// SPDX-License-Identifier: MIT
// Goes from each rule's terms to the answer's.
#include "bench/calculator/rules/compare.hpp"

#include "bench/calculator/rules/reasons.hpp"
#include "fit/seed_rules.hpp"
#include "src/engine/count.hpp"
#include "src/engine/vllm/batch_limits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace calibram {
namespace {

Bytes sum_of(const TermBytes& terms, std::initializer_list<Term> wanted) {
  Bytes sum;
  for (const Term term : wanted) sum += terms[term];
  return sum;
}

/// M = P * Q / 8 * 1.2.
void add_rule_1_2(const Comparison& comparison, Reasons& reasons) {
  add_weights_reasons(comparison, comparison.rule[Term::weights], reasons);
  reasons.add("rest_share", std::nullopt, comparison.rule[Term::activation],
              sum_of(comparison.ours, {Term::kv_cache, Term::activation, Term::logits, Term::workspace}));
}

/// The table's weights, which are in GiB or published.
void add_weights_per_token(const Comparison& comparison, Reasons& reasons) {
  const Question& question = comparison.question;
  const Bytes rule = comparison.rule[Term::weights];
  const Bytes nominal = rounded_bytes(question.parameters * question.weights->nominal_bits / 8);
  if (is_of_published_weights(question))
    reasons.add("weights_published", Term::weights, rule, nominal, {{"parameters", question.parameters}});
  else
    reasons.add("weights_as_gib", Term::weights, rule, nominal);
  add_weights_reasons(comparison, nominal, reasons);
}

bool keeps_all_logits(const Runtime& runtime) {
  const auto* llama = std::get_if<LlamaCppSettings>(&runtime.settings);
  return llama ? llama->logits_all : runtime.logits_rows == LogitsRows::all;
}

/// Of the 0.92 MiB of Qwen2-7B's tokens the logits are 2 and 4 bytes for each word of its vocabulary.
void add_tokens_reasons(const Comparison& comparison, Reasons& reasons) {
  constexpr std::int64_t qwen2_7b_vocabulary = 152'064, logits_bytes = 6;
  const Question& question = comparison.question;
  const Bytes logits{checked_product({measured_tokens(question), qwen2_7b_vocabulary, logits_bytes})};
  const Bytes ours = comparison.ours[Term::logits];
  const char* code = keeps_all_logits(comparison.runtime) ? "tokens_vocabulary"
                     : ours < logits                      ? "tokens_last_logits"
                                                          : "tokens_more_logits";
  reasons.add(code, Term::logits, logits, ours, {{"vocabulary", question.model->vocabulary}});
  reasons.add("tokens_cache", std::nullopt, comparison.rule[Term::kv_cache] - logits,
              sum_of(comparison.ours, {Term::kv_cache, Term::activation, Term::workspace}));
}

void add_rule_per_token(const Comparison& comparison, Reasons& reasons) {
  add_weights_per_token(comparison, reasons);
  if (!is_of_large_tokens(comparison.question)) return add_tokens_reasons(comparison, reasons);
  reasons.add("tokens_sum_of_cards", std::nullopt, comparison.rule[Term::kv_cache],
              sum_of(comparison.ours, {Term::kv_cache, Term::activation, Term::logits, Term::workspace}));
}

/// Weights + (C / 4)(P / 7) * 1.5 + 1.5.
void add_rule_kv(const Comparison& comparison, Reasons& reasons) {
  add_weights_reasons(comparison, comparison.rule[Term::weights], reasons);
  add_cache_reasons_of_rule_kv(comparison, reasons);
  reasons.add("rest_fixed", std::nullopt, comparison.rule[Term::constant],
              sum_of(comparison.ours, {Term::activation, Term::logits, Term::workspace}));
}

/// The most tokens that go through the layers at once, where the runtime has such a limit.
std::optional<std::int64_t> step_tokens(const Question& question, const Runtime& runtime) {
  if (const auto* vllm = std::get_if<VllmSettings>(&runtime.settings))
    return vllm_batch_limits(question, *vllm).tokens;
  if (const auto* llama = std::get_if<LlamaCppSettings>(&runtime.settings)) return llama->n_ubatch;
  return std::nullopt;
}

void add_activation_of_rule_terms(const Comparison& comparison, Reasons& reasons) {
  const Bytes rule = comparison.rule[Term::activation], ours = comparison.ours[Term::activation];
  Reasons::Values values = {{"layers", layer_count(*comparison.question.model)}};
  const std::optional<std::int64_t> tokens = step_tokens(comparison.question, comparison.runtime);
  if (tokens) values.push_back({"tokens", *tokens});
  reasons.add(tokens        ? "activation_of_step"
              : ours < rule ? "activation_all_layers"
                            : "activation_in_a_layer",
              Term::activation, rule, ours, std::move(values));
}

/// Weights + KV of all heads + one hidden state per layer + 15 %.
void add_rule_terms(const Comparison& comparison, Reasons& reasons) {
  add_weights_reasons(comparison, comparison.rule[Term::weights], reasons);
  add_cache_reasons_of_rule_terms(comparison, reasons);
  add_activation_of_rule_terms(comparison, reasons);
  reasons.add("rest_unmeasured", std::nullopt, comparison.rule[Term::workspace],
              sum_of(comparison.ours, {Term::logits, Term::workspace}));
}

struct RuleReasons {
  std::string_view rule;
  void (*add)(const Comparison&, Reasons&);
};
constexpr std::array rule_reasons = {
    RuleReasons{"rule-1.2", add_rule_1_2}, RuleReasons{"rule-per-token", add_rule_per_token},
    RuleReasons{"rule-kv", add_rule_kv}, RuleReasons{"rule-terms", add_rule_terms}};

std::vector<Reason> reasons_of(const Comparison& comparison, std::string_view rule) {
  Reasons reasons;
  for (const RuleReasons& of : rule_reasons)
    if (of.rule == rule) of.add(comparison, reasons);
  reasons.add("constant_measured", Term::constant, Bytes{}, comparison.ours[Term::constant]);
  return reasons.take();
}

/// Which of an answer's terms a profile has scaled: not the cache of a card that is put together, which is
/// counted beside the fitted parts.
Comparison comparison_of(const Question& question, const Runtime& runtime, const Estimate& rule,
                         const Asked& ours) {
  const Estimate& estimate = *ours.estimate();
  const bool is_fitted = ours.estimator == "calibrated";
  const bool cache_is_fitted =
      is_fitted && (estimate.spread ? estimate.spread->terms[index_of(Term::kv_cache)] > 0
                                    : question.metric != Metric::device || !runtime.cache_room);
  return {question, runtime, rule.terms, estimate.terms, is_fitted, cache_is_fitted};
}

RuleBeside beside(const Question& question, const Asked& ours, const Estimator& rule) {
  RuleBeside result;
  result.rule = rule.name();
  const Answer answer = rule.answer(question);
  if (const auto* unanswered = std::get_if<Unanswered>(&answer)) {
    result.unanswered = unanswered->reason;
    return result;
  }
  result.estimate = std::get<Estimate>(answer);
  const Bytes total = ours.estimate()->total;
  result.difference = result.estimate->total - total;
  if (total > Bytes{})
    result.ratio = static_cast<double>(result.estimate->total.count()) / static_cast<double>(total.count());
  if (!question.model || ours.estimator.starts_with("rule-")) return result;
  const Runtime runtime = runtime_of(question);
  result.reasons = reasons_of(comparison_of(question, runtime, *result.estimate, ours), rule.name());
  return result;
}

}  // namespace

void Reasons::add(std::string_view code, std::optional<Term> term, Bytes rule, Bytes ours, Values values) {
  values.insert(values.begin(), {{"rule", rule}, {"ours", ours}});
  add_difference(code, term, rule - ours, std::move(values));
}

void Reasons::add_difference(std::string_view code, std::optional<Term> term, Bytes difference,
                             Values values) {
  if (difference != Bytes{}) reasons_.push_back({code, term, difference, std::move(values)});
}

std::vector<Reason> Reasons::take() {
  std::stable_sort(reasons_.begin(), reasons_.end(), [](const Reason& a, const Reason& b) {
    return std::abs(a.difference.count()) > std::abs(b.difference.count());
  });
  return std::move(reasons_);
}

std::span<const Reason> RuleBeside::largest_reasons() const {
  constexpr std::size_t most = 3;
  constexpr std::int64_t thousand = 1000;
  if (!estimate) return {};
  const std::int64_t ours = (estimate->total - difference).count();
  const auto end = std::find_if(reasons.begin(), reasons.end(), [&](const Reason& reason) {
    return std::abs(reason.difference.count()) < std::abs(ours) / thousand;
  });
  const auto count = static_cast<std::size_t>(end - reasons.begin());
  return std::span{reasons}.first(std::min(count, most));
}

std::vector<RuleBeside> rules_beside(const Question& question, const Asked& ours) {
  std::vector<RuleBeside> all;
  for (const auto& rule : seed_rules()) all.push_back(beside(question, ours, *rule));
  return all;
}

}  // namespace calibram
