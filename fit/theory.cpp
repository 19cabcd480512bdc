// SPDX-License-Identifier: MIT
// Which metrics theory has terms for, and which it answers by itself.
#include "fit/theory.hpp"

#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <span>

namespace calibram {
namespace {

constexpr Term all_terms[] = {Term::weights, Term::kv_cache,  Term::activation,
                              Term::logits,  Term::workspace, Term::constant};
constexpr Term weights_only[] = {Term::weights};
constexpr Term cache_only[] = {Term::kv_cache};
constexpr Term compute_terms[] = {Term::activation, Term::workspace};
constexpr Term step_terms[] = {Term::activation, Term::logits, Term::workspace};

/// The terms that add up to a metric, besides its measured constant. A runtime's compute buffer holds no
/// logits of the output buffer.
std::span<const Term> terms_of(Metric metric) {
  if (is_total(metric)) return all_terms;
  switch (metric) {
    case Metric::weights:
      return weights_only;
    case Metric::kv_cache:
      return cache_only;
    case Metric::activation:
      return step_terms;
    case Metric::compute:
      return compute_terms;
    default:
      return {};
  }
}

TermBytes only(const TermBytes& terms, std::span<const Term> wanted) {
  TermBytes kept;
  for (const Term term : wanted) kept[term] = terms[term];
  return kept;
}

/// Why counting alone cannot answer the metric; empty if it can, or cannot be asked.
std::string not_counted(const Question& question) {
  if (!question.model) return {};
  try {
    if (runtime_of(question).counted.contains(question.metric)) return {};
  } catch (const InputError& error) {
    return error.what();
  }
  return fmt::format("theory does not know the metric {} of {}, part of which only a measurement tells",
                     name_of(question.metric), question.runtime);
}

class Theory : public Estimator {
 public:
  std::string_view name() const override { return "theory"; }

  Answer answer(const Question& question) const override {
    if (const std::string reason = not_counted(question); !reason.empty()) return Unanswered{reason};
    const auto devices = theory_terms(question);
    if (const auto* unanswered = std::get_if<Unanswered>(&devices)) return *unanswered;
    Estimate estimate;
    estimate.ends_with_host = std::get<TheoryTerms>(devices).ends_with_host;
    for (const TermBytes& terms : std::get<TheoryTerms>(devices).devices) {
      estimate.terms += terms;
      estimate.devices.push_back(terms.total());
    }
    estimate.total = estimate.terms.total();
    return estimate;
  }
};

}  // namespace

std::variant<TheoryTerms, Unanswered> theory_terms(const Question& question) {
  if (is_composed(question.metric))
    return Unanswered{fmt::format("{} is put together from other metrics", name_of(question.metric))};
  const std::span<const Term> wanted = terms_of(question.metric);
  if (wanted.empty()) return TheoryTerms{std::vector<TermBytes>(static_cast<std::size_t>(question.devices))};
  if (!question.model) return Unanswered{"a bare size has no layers to count"};
  if (!question.weights || !question.kv)
    return Unanswered{"the formats of weights and KV cache are not known"};
  try {
    const Runtime runtime = runtime_of(question);
    TheoryTerms terms;
    for (const DeviceCount& device : count(question, runtime).devices) {
      terms.devices.push_back(only(device.at_peak, wanted));
      terms.ends_with_host = device.is_host;
      terms.fills_the_card = terms.fills_the_card || device.allocator_retries > 0;
    }
    return terms;
  } catch (const InputError& error) {
    return Unanswered{error.what()};
  }
}

TermBytes mean_terms(const std::vector<TermBytes>& devices, int asked) {
  TermBytes sum;
  for (const TermBytes& terms : devices) sum += terms;
  for (std::size_t t = 0; t < term_count; ++t) {
    Bytes& bytes = sum[static_cast<Term>(t)];
    bytes = Bytes{bytes.count() / asked};
  }
  return sum;
}

std::unique_ptr<Estimator> theory() { return std::make_unique<Theory>(); }

}  // namespace calibram
