// SPDX-License-Identifier: MIT
// Adds up a run of llama.cpp on cards.
#include "bench/calculator/advice/on_card.hpp"

#include "bench/calculator/advice/remedies/groups.hpp"

namespace calibram {
namespace {

bool is_put_together(const Question& question) {
  return question.model && family_of(question.runtime) == "llama.cpp" &&
         question.metric == Metric::allocated && question.options.contains("backend") &&
         question.options.at("backend") == "cuda";
}

Question of_metric(Question question, Metric metric) {
  question.metric = metric;
  return question;
}

/// The same run on the host's back end.
Question on_host_alone(Question question) {
  for (const char* key : {"backend", "ngl", "tensor_split"})
    question.options = without(question.options, key);
  question.devices = 1;
  question.split = Split::none;
  return question;
}

/// Device by device; the compute buffer is on every card.
Estimate sum_of(const Estimate& weights, const Estimate& cache, const Estimate& compute) {
  Estimate sum = weights;
  sum.terms += cache.terms;
  const std::size_t cards = sum.devices.size() - (sum.ends_with_host ? 1 : 0);
  for (std::size_t i = 0; i < sum.devices.size(); ++i) {
    sum.devices[i] += cache.devices[i];
    if (i >= cards) continue;
    sum.devices[i] += compute.total;
    sum.terms += compute.terms;
  }
  sum.total = sum.terms.total();
  return sum;
}

}  // namespace

Bytes OnCard::on_host() const {
  const Estimate* answer = estimate();
  return answer && answer->ends_with_host ? answer->devices.back() : Bytes{};
}

OnCard ask_on_card(const Calculator& calculator, const Question& question) {
  OnCard result{question, calculator.ask(question), {}};
  if (result.estimate() || !is_put_together(question)) return result;
  std::vector<Question> parts = {of_metric(question, Metric::weights), of_metric(question, Metric::kv_cache),
                                 of_metric(on_host_alone(question), Metric::compute)};
  std::vector<Asked> answers;
  for (const Question& part : parts) {
    answers.push_back(calculator.ask(part));
    if (answers.back().estimate()) continue;
    result.asked = std::move(answers.back());
    return result;
  }
  result.asked = {answers.front().estimator,
                  sum_of(*answers[0].estimate(), *answers[1].estimate(), *answers[2].estimate())};
  result.parts = std::move(parts);
  return result;
}

}  // namespace calibram
