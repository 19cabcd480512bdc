// SPDX-License-Identifier: MIT
// Tells configurations apart, and counts them by several threads.
#include "fit/counted_rows.hpp"

#include "fit/theory.hpp"
#include "src/core/error.hpp"

#include <boost/container_hash/hash.hpp>

#include <algorithm>
#include <variant>

namespace calibram {
namespace {

/// Enough that handing them out costs nothing beside counting them.
constexpr std::size_t configurations_at_once = 16;

/// A question, or why its rows cannot be observations.
using Countable = std::variant<Question, std::string>;

Countable countable(const Measurement& row, ModelLibrary& models) try {
  Question question = question_of(row, models);
  if (!question.model) return "a bare size cannot be fitted (it has no architecture)";
  if (question.devices > 1 && is_total(question.metric))
    return "rows of several devices are not fitted (they add peaks of different times)";
  return question;
} catch (const InputError& problem) {
  return problem.what();
}

Counted counted(const Question& question) try {
  const auto theory = theory_terms(question);
  if (const auto* unanswered = std::get_if<Unanswered>(&theory)) return {{}, unanswered->reason};
  const auto& found = std::get<TheoryTerms>(theory);
  if (found.fills_the_card && question.metric == Metric::device)
    return {{},
            "the card was full on the way, and the allocator gave back what it held (what the driver saw "
            "afterwards is not the peak)"};
  return {mean_terms(found.devices, question.devices), {}};
} catch (const InputError& problem) {
  return {{}, problem.what()};
}

Counted counted(const Countable& asked) {
  if (const auto* reason = std::get_if<std::string>(&asked)) return {{}, *reason};
  return counted(std::get<Question>(asked));
}

}  // namespace

std::size_t CountedRows::Hash::operator()(const Measurement* row) const {
  std::size_t hash = 0;
  for (const SharedText* text : {&row->model, &row->weights, &row->kv}) boost::hash_combine(hash, *text);
  const Workload& workload = row->workload;
  for (const std::int64_t number :
       {workload.batch, workload.prompt, workload.generate, workload.context.value_or(0)})
    boost::hash_combine(hash, number);
  boost::hash_combine(hash, static_cast<int>(row->metric));
  return hash;
}

void CountedRows::add(std::size_t row) {
  const auto [known, is_new] = known_.emplace(&rows_[row], configurations_.size());
  if (is_new) configurations_.push_back(&rows_[row]);
  numbers_.resize(rows_.size());
  numbers_[row] = known->second;
}

void CountedRows::count(ModelLibrary& models, unsigned threads) {
  std::size_t asked = 0;
  OrderedWork<std::vector<Countable>, std::vector<Counted>> counting;
  counting.next = [&]() -> std::optional<std::vector<Countable>> {  // one at a time: they share the models
    std::vector<Countable> batch;
    for (; asked < configurations_.size() && batch.size() < configurations_at_once; ++asked)
      batch.push_back(countable(*configurations_[asked], models));
    if (batch.empty()) return std::nullopt;
    return batch;
  };
  counting.make = [](const std::vector<Countable>& batch) {
    std::vector<Counted> found;
    for (const Countable& each : batch) found.push_back(counted(each));
    return found;
  };
  counting.take = [&](std::vector<Counted> found) { std::ranges::move(found, std::back_inserter(counted_)); };
  counting.run(threads);
}

}  // namespace calibram
