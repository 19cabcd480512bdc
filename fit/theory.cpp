// SPDX-License-Identifier: MIT
// Which metrics theory has terms for, and which it answers by itself.
#include "fit/theory.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <span>

namespace calibram {
namespace {

constexpr Term all_terms[] = {Term::weights, Term::kv_cache,  Term::activation,
                              Term::logits,  Term::workspace, Term::constant};
constexpr Term weights_only[] = {Term::weights};
constexpr Term cache_only[] = {Term::kv_cache};
constexpr Term step_terms[] = {Term::activation, Term::logits, Term::workspace};

/// The terms that add up to a metric, besides its measured constant; none when no terms do.
std::span<const Term> terms_of(Metric metric) {
  if (is_total(metric)) return all_terms;
  if (metric == Metric::weights) return weights_only;
  if (metric == Metric::kv_cache) return cache_only;
  if (metric == Metric::activation) return step_terms;
  return {};
}

/// What holds nothing but counted bytes. `reserved`, `device`, `rss` hold a constant that only a measurement
/// knows; what an engine calls activation differs from engine to engine.
bool is_pure_theory(Metric metric) {
  return metric == Metric::allocated || metric == Metric::weights || metric == Metric::kv_cache;
}

TermBytes only(const TermBytes& terms, std::span<const Term> wanted) {
  TermBytes kept;
  for (const Term term : wanted) kept[term] = terms[term];
  return kept;
}

class Theory : public Estimator {
 public:
  std::string_view name() const override { return "theory"; }

  Answer answer(const Question& question) const override {
    if (!is_pure_theory(question.metric))
      return Unanswered{"theory does not know the metric " + std::string{name_of(question.metric)} +
                        ", part of which only a measurement tells"};
    const auto devices = theory_terms(question);
    if (const auto* unanswered = std::get_if<Unanswered>(&devices)) return *unanswered;
    Estimate estimate;
    for (const TermBytes& terms : std::get<std::vector<TermBytes>>(devices)) {
      estimate.terms += terms;
      estimate.devices.push_back(terms.total());
    }
    estimate.total = estimate.terms.total();
    return estimate;
  }
};

}  // namespace

std::variant<std::vector<TermBytes>, Unanswered> theory_terms(const Question& question) {
  const std::span<const Term> wanted = terms_of(question.metric);
  if (wanted.empty())
    return Unanswered{"theory has no terms of the metric " + std::string{name_of(question.metric)}};
  if (!question.model) return Unanswered{"a bare size has no layers to count"};
  if (!question.weights || !question.kv)
    return Unanswered{"the formats of weights and KV cache are not known"};
  try {
    const Runtime runtime = runtime_of(question);
    std::vector<TermBytes> devices;
    for (const DeviceCount& device : count(question, runtime).devices)
      devices.push_back(only(device.at_peak, wanted));
    return devices;
  } catch (const InputError& error) {
    return Unanswered{error.what()};
  }
}

std::unique_ptr<Estimator> theory() { return std::make_unique<Theory>(); }

}  // namespace calibram
