// SPDX-License-Identifier: MIT
// What the reasons of the four rules share: one comparison, and the list that they are added to.
#pragma once

#include "bench/calculator/rules/reason.hpp"
#include "fit/estimator.hpp"
#include "src/engine/runtime.hpp"

#include <string_view>
#include <vector>

namespace calibram {

/// A rule's terms beside those of an answer that was counted. Of a question with a model.
struct Comparison {
  const Question& question;
  const Runtime& runtime;
  const TermBytes& rule;
  const TermBytes& ours;
  bool weights_are_fitted = false;  ///< the answer's weights are scaled by a profile
  bool cache_is_fitted = false;
};

/// Reasons that go step by step from a rule's bytes to the answer's: their differences add up.
class Reasons {
 public:
  using Values = std::vector<std::pair<std::string_view, ReasonValue>>;

  /// One step; nothing is added where it changes nothing. `rule` and `ours` are values of it too.
  void add(std::string_view code, std::optional<Term> term, Bytes rule, Bytes ours, Values values = {});
  /// The same of a step whose two numbers are more than what the text means by {ours}.
  void add_difference(std::string_view code, std::optional<Term> term, Bytes difference, Values values);

  /// The largest first.
  std::vector<Reason> take();

 private:
  std::vector<Reason> reasons_;
};

/// From the rule's weights, which are the parameters times nominal bits, to the answer's.
void add_weights_reasons(const Comparison& comparison, Bytes nominal, Reasons& reasons);

/// From the cache that rule-kv, or rule-terms, has to the answer's.
void add_cache_reasons_of_rule_kv(const Comparison& comparison, Reasons& reasons);
void add_cache_reasons_of_rule_terms(const Comparison& comparison, Reasons& reasons);

}  // namespace calibram
