// SPDX-License-Identifier: MIT
// Which metrics theory has terms for, and which it answers by itself.
#include "fit/theory.hpp"

#include "src/core/error.hpp"
#include "src/engine/prepared_count.hpp"

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

TheoryTerms terms_from(const Count& count, std::span<const Term> wanted) {
  TheoryTerms terms;
  for (const DeviceCount& device : count.devices) {
    terms.devices.push_back(only(device.at_peak, wanted));
    terms.ends_with_host = device.is_host;
    terms.fills_the_card = terms.fills_the_card || device.allocator_retries > 0;
  }
  return terms;
}

class PreparedByTheory : public PreparedQuestion {
 public:
  explicit PreparedByTheory(const Question& question) : reason_{not_counted(question)}, theory_{question} {}

  Answer answer(const Workload& workload) override {
    if (!reason_.empty()) return Unanswered{reason_};
    const auto found = theory_.terms(workload);
    if (const auto* unanswered = std::get_if<Unanswered>(&found)) return *unanswered;
    Estimate estimate;
    estimate.ends_with_host = std::get<TheoryTerms>(found).ends_with_host;
    for (const TermBytes& terms : std::get<TheoryTerms>(found).devices) {
      estimate.terms += terms;
      estimate.devices.push_back(terms.total());
    }
    estimate.total = estimate.terms.total();
    return estimate;
  }

 private:
  std::string reason_;  ///< why no workload is answered; empty for none
  PreparedTheory theory_;
};

class Theory : public Estimator {
 public:
  std::string_view name() const override { return "theory"; }

  Answer answer(const Question& question) const override {
    return PreparedByTheory{question}.answer(question.workload);
  }

  bool may_answer(const Question& question) const override { return not_counted(question).empty(); }

  std::unique_ptr<PreparedQuestion> prepare(const Question& question) const override {
    return std::make_unique<PreparedByTheory>(question);
  }
};

}  // namespace

PreparedTheory::PreparedTheory(const Question& question) : question_{question} {}

PreparedTheory::~PreparedTheory() = default;

std::variant<TheoryTerms, Unanswered> PreparedTheory::terms(const Workload& workload) {
  if (is_composed(question_.metric))
    return Unanswered{fmt::format("{} is put together from other metrics", name_of(question_.metric))};
  const std::span<const Term> wanted = terms_of(question_.metric);
  if (wanted.empty()) return TheoryTerms{std::vector<TermBytes>(static_cast<std::size_t>(question_.devices))};
  if (!question_.model) return Unanswered{"a bare size has no layers to count"};
  if (!question_.weights || !question_.kv)
    return Unanswered{"the formats of weights and KV cache are not known"};
  try {
    if (!count_) count_ = std::make_unique<PreparedCount>(question_);
    return terms_from(count_->of(workload), wanted);
  } catch (const InputError& error) {
    return Unanswered{error.what()};
  }
}

std::variant<TheoryTerms, Unanswered> theory_terms(const Question& question) {
  return PreparedTheory{question}.terms(question.workload);
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
