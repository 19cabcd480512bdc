// SPDX-License-Identifier: MIT
// The sums behind the composed metrics.
#include "fit/composition.hpp"

#include "fit/theory.hpp"
#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace calibram {
namespace {

/// What is taken before the cache gets the rest.
struct Taken {
  double bytes = 0, variance = 0;
  std::array<double, term_count> term_variances{};
  int degrees = std::numeric_limits<int>::max();
  bool has_error_model = true;

  void add(const Prediction& part) {
    bytes += static_cast<double>(part.total.count());
    variance += part.spread.total * part.spread.total;
    for (std::size_t t = 0; t < term_count; ++t)
      term_variances[t] += part.spread.terms[t] * part.spread.terms[t];
    degrees = std::min(degrees, part.spread.degrees);
    has_error_model = has_error_model && part.interval;
  }
};

Spread spread_of(const Taken& taken) {
  Spread spread{{}, std::sqrt(taken.variance), taken.degrees};
  for (std::size_t t = 0; t < term_count; ++t) spread.terms[t] = std::sqrt(taken.term_variances[t]);
  return spread;
}

void set_interval(Estimate& estimate, const Taken& taken, double total) {
  if (!taken.has_error_model) return;
  estimate.spread = spread_of(taken);
  estimate.interval = interval_about(total, estimate.spread->total, taken.degrees);
}

constexpr std::array inside_budget = {Metric::weights, Metric::activation, Metric::other};
constexpr std::array of_device = {Metric::weights, Metric::activation, Metric::other, Metric::context_only,
                                  Metric::graphs};

[[noreturn]] void throw_nothing_left(const Question& question, double budget, double taken) {
  throw InputError{fmt::format("nothing is left for the KV cache of {}", question.subject),
                   fmt::format("weights, activation and the rest take {}, the budget is {}",
                               gib_text(rounded_bytes(taken)), gib_text(rounded_bytes(budget))),
                   "raise gpu_memory_utilization, lower max_num_batched_tokens or max_num_seqs, or take a "
                   "narrower weights format"};
}

}  // namespace

std::span<const Metric> composed_of(Metric metric) {
  return metric == Metric::device ? std::span<const Metric>{of_device} : inside_budget;
}

Answer compose_cache(const Question& question, const PredictPart& predict_part, Bytes device_bytes) {
  const Runtime runtime = runtime_of(question);
  const auto* settings = std::get_if<VllmSettings>(&runtime.settings);
  if (!settings || !runtime.cache_room)
    return Unanswered{fmt::format("{} has no memory budget that its cache fills", runtime.name)};
  if (settings->device_bytes > 0) device_bytes = Bytes{settings->device_bytes};
  if (device_bytes <= Bytes{})
    return Unanswered{"the card's memory is not known; add the option device_bytes"};
  Taken taken;
  for (const Metric metric : inside_budget) {
    const auto part = predict_part(metric);
    if (const auto* unanswered = std::get_if<Unanswered>(&part)) return *unanswered;
    taken.add(std::get<Prediction>(part));
  }
  const double devices = question.devices;
  const double budget = settings->gpu_memory_utilization * static_cast<double>(device_bytes.count());
  const double left =
      budget - taken.bytes / devices;  // the fullest device of a split decides; they are alike
  if (left <= 0) throw_nothing_left(question, budget, taken.bytes / devices);
  Estimate estimate;
  estimate.devices.assign(static_cast<std::size_t>(question.devices), rounded_bytes(left));
  estimate.total = question.devices * rounded_bytes(left);
  estimate.terms[Term::kv_cache] = estimate.total;
  set_interval(estimate, taken, devices * left);
  // What the parts leave is one term.
  if (estimate.spread) {
    estimate.spread->terms = {};
    estimate.spread->terms[index_of(Term::kv_cache)] = estimate.spread->total;
  }
  estimate.room = runtime.cache_room(question, runtime, rounded_bytes(left));
  if (question.metric == Metric::kv_tokens) estimate.tokens = estimate.room->tokens;
  return estimate;
}

Answer compose_device(const Question& question, const PredictPart& predict_part) {
  Taken taken;
  Estimate estimate;
  Question cache = question;
  cache.metric = Metric::kv_cache;
  const auto counted = theory_terms(cache);
  if (const auto* unanswered = std::get_if<Unanswered>(&counted)) return *unanswered;
  const auto& devices = std::get<TheoryTerms>(counted).devices;
  for (const TermBytes& terms : devices) estimate.terms += terms, estimate.devices.push_back(terms.total());
  for (const Metric metric : of_device) {
    const auto part = predict_part(metric);
    const bool is_outside_budget = metric == Metric::context_only || metric == Metric::graphs;
    if (const auto* unanswered = std::get_if<Unanswered>(&part)) {
      if (!is_outside_budget) return *unanswered;
      estimate.caution +=
          fmt::format("{}{}", estimate.caution.empty() ? "not known, and left out: " : ", ", name_of(metric));
      continue;
    }
    const auto& prediction = std::get<Prediction>(part);
    taken.add(prediction);
    estimate.terms += prediction.terms;
    for (std::size_t i = 0; i < estimate.devices.size(); ++i) estimate.devices[i] += prediction.devices[i];
  }
  estimate.total = estimate.terms.total();
  set_interval(estimate, taken, static_cast<double>(estimate.total.count()));
  return estimate;
}

}  // namespace calibram
