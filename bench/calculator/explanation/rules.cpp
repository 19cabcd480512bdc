// SPDX-License-Identifier: MIT
// The formulas of the rules of thumb with the values put in.
#include "bench/calculator/explanation/steps.hpp"

namespace calibram {
namespace {

double per(Bytes bytes, double count) { return static_cast<double>(bytes.count()) / count; }

Step step_of(std::vector<Factor> factors, Bytes bytes) { return {std::move(factors), "", bytes}; }

std::vector<Factor> cache_factors(const Question& question, std::string_view rule, Bytes bytes) {
  const Workload& workload = question.workload;
  if (rule == "rule-kv")
    return {{static_cast<double>(workload.context_tokens()) / 4000, "times 4000 tokens"},
            {question.parameters / 7e9, "times 7e9 parameters"},
            {1.5e9, "bytes"}};
  const std::int64_t of_prompt = workload.context.value_or(workload.prompt);
  const std::int64_t tokens =
      checked_product({rule == "rule-per-token" ? of_prompt : workload.context_tokens(), workload.batch});
  return {whole(tokens, "tokens"), {per(bytes, static_cast<double>(tokens)), "bytes a token"}};
}

std::vector<Factor> factors_of(const Question& question, std::string_view rule, Term term,
                               const TermBytes& terms) {
  const Bytes bytes = terms[term];
  const Factor of_weights{static_cast<double>(terms[Term::weights].count()), "bytes of weights"};
  switch (term) {
    case Term::weights:
      return {{question.parameters, "parameters"}, {per(bytes, question.parameters), "bytes"}};
    case Term::kv_cache:
      return cache_factors(question, rule, bytes);
    case Term::constant:
      return {{static_cast<double>(bytes.count()), "bytes, whatever the model"}};
    case Term::activation:
      if (rule == "rule-terms")
        return {
            whole(question.model->hidden_size, "hidden size"), whole(layer_count(*question.model), "layers"),
            whole(question.workload.batch * question.workload.context_tokens(), "tokens"), whole(2, "bytes")};
      break;
    default:
      break;
  }
  return {{rule == "rule-terms" ? 0.15 : 0.2, ""}, of_weights};
}

}  // namespace

std::vector<TermSteps> rule_steps(const Question& question, std::string_view rule, const TermBytes& terms) {
  std::vector<TermSteps> all;
  for (std::size_t t = 0; t < term_count; ++t) {
    const Term term = static_cast<Term>(t);
    if (terms[term] == Bytes{}) continue;
    all.push_back({term, terms[term], {step_of(factors_of(question, rule, term, terms), terms[term])}});
  }
  return all;
}

}  // namespace calibram
