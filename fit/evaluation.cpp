// SPDX-License-Identifier: MIT
// Asks, subtracts and summarises.
#include "fit/evaluation.hpp"

#include "fit/calibrated.hpp"
#include "fit/group_fits.hpp"
#include "fit/median.hpp"
#include "src/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>

namespace calibram {
namespace {

void fill(ErrorSummary& summary, const std::vector<double>& errors) {
  if (errors.empty()) return;
  const double count = static_cast<double>(errors.size());
  std::vector<double> sizes;
  for (double error : errors) sizes.push_back(std::abs(error));
  summary.mean_abs = std::accumulate(sizes.begin(), sizes.end(), 0.0) / count;
  summary.median_abs = median(sizes);
  summary.max_abs = *std::max_element(sizes.begin(), sizes.end());
  summary.mean_signed = std::accumulate(errors.begin(), errors.end(), 0.0) / count;
  summary.under =
      static_cast<double>(std::count_if(errors.begin(), errors.end(), [](double e) { return e < 0; })) /
      count;
}

/// `calibrated`, by a profile for each model (or batch size) that has not seen it. Rows are clustered by what
/// is left out: that is what shares an offset, and what a prediction generalises over.
class LeavingOut final : public Estimator {
 public:
  LeavingOut(LeftOut left_out, const std::vector<Measurement>& rows, ModelLibrary& models)
      : left_out_{left_out} {
    Observations all = observations_of(rows, models);
    for (ObservationGroup& group : all.groups)
      for (Observation& observation : group.observations)
        observation.model = key(observation.model, observation.batch);
    for (const Measurement& row : rows) {
      auto& estimator = estimators_[key(row.model, row.workload.batch)];
      if (!estimator)
        estimator =
            calibrated(std::make_shared<const Profile>(fit_without(key(row.model, row.workload.batch), all)));
    }
  }

  std::string_view name() const override { return "calibrated"; }

  Answer answer(const Question& question) const override {
    return estimators_.at(key(question.subject, question.workload.batch))->answer(question);
  }

 private:
  std::string key(const std::string& model, std::int64_t batch) const {
    return left_out_ == LeftOut::model ? model : fmt::format("batch {}", batch);
  }

  static Profile fit_without(const std::string& left_out, const Observations& all) {
    std::vector<ObservationGroup> groups;
    for (const ObservationGroup& group : all.groups) {
      groups.push_back({group.runtime, group.metric, {}, group.noise, group.counter, group.placement});
      std::copy_if(group.observations.begin(), group.observations.end(),
                   std::back_inserter(groups.back().observations),
                   [&](const Observation& observation) { return observation.model != left_out; });
    }
    Profile profile;
    profile.fits = fit_groups(groups).fits;  // rows of a group without others stay unanswered, and say so
    return profile;
  }

  LeftOut left_out_;
  std::map<std::string, std::unique_ptr<Estimator>> estimators_;
};

/// A row whose numbers overflow is one that the estimator cannot answer.
Answer answer_of(const Estimator& estimator, const Question& question) try {
  return estimator.answer(question);
} catch (const InputError& problem) {
  return Unanswered{problem.what()};
}

EvaluatedRow ask_all(const Measurement& row, const Estimators& estimators, ModelLibrary& models,
                     std::map<std::string, std::map<std::string, std::size_t>>& reasons) {
  EvaluatedRow evaluated{row, std::vector<std::optional<std::int64_t>>(estimators.size()),
                         std::vector<std::string>(estimators.size())};
  std::optional<Question> question;
  try {
    question = question_of(row, models);
  } catch (const InputError& problem) {
    ++reasons[problem.what()]["every estimator"];
    std::fill(evaluated.reasons.begin(), evaluated.reasons.end(), problem.what());
    return evaluated;
  }
  for (std::size_t i = 0; i < estimators.size(); ++i) {
    const Answer answer = answer_of(*estimators[i], *question);
    if (const auto* estimate = std::get_if<Estimate>(&answer)) {
      evaluated.estimates[i] = estimate->value();
      evaluated.breakdown = Breakdown{i, estimate->terms, estimate->interval, estimate->extrapolates};
      continue;
    }
    evaluated.reasons[i] = std::get<Unanswered>(answer).reason;
    ++reasons[evaluated.reasons[i]][std::string{estimators[i]->name()}];
  }
  return evaluated;
}

/// @param groups  of the evaluation's rows, in their order
ErrorSummary summarise(const Evaluation& evaluation, std::size_t estimator, const RowGroup& group,
                       const std::vector<const RowGroup*>& groups) {
  ErrorSummary summary{evaluation.estimators[estimator], std::get<0>(group), std::get<1>(group),
                       std::get<2>(group)};
  std::vector<double> errors;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] != &group) continue;
    const EvaluatedRow& row = evaluation.rows[i];
    if (!row.estimates[estimator]) {
      ++summary.skipped;
      continue;
    }
    const double measured = static_cast<double>(*row.measurement.value);
    errors.push_back((static_cast<double>(*row.estimates[estimator]) - measured) / measured);
  }
  summary.rows = errors.size();
  fill(summary, errors);
  return summary;
}

Evaluation evaluate(const std::vector<Measurement>& measurements, const Estimators& estimators,
                    ModelLibrary& models) {
  Evaluation evaluation;
  for (const auto& estimator : estimators) evaluation.estimators.emplace_back(estimator->name());
  std::set<RowGroup> known;
  std::vector<const RowGroup*> order, of_rows;
  for (const Measurement& row : measurements) {
    if (!is_evaluated(row)) {
      ++evaluation.without_value;
      continue;
    }
    evaluation.rows.push_back(ask_all(row, estimators, models, evaluation.reasons));
    const auto [group, is_new] = known.insert(group_of(row));
    if (is_new) order.push_back(&*group);
    of_rows.push_back(&*group);
  }
  for (const RowGroup* group : order)
    for (std::size_t i = 0; i < estimators.size(); ++i)
      evaluation.summaries.push_back(summarise(evaluation, i, *group, of_rows));
  return evaluation;
}

}  // namespace

bool is_evaluated(const Measurement& row) { return row.value && *row.value != 0 && row.outcome.empty(); }

RowGroup group_of(const Measurement& row) {
  return {row.runtime, std::string{name_of(row.metric)}, row.devices == 1 ? "1" : "2+"};
}

Evaluation evaluate(const std::vector<Measurement>& measurements, const Estimators& estimators) {
  ModelLibrary models;
  return evaluate(measurements, estimators, models);
}

Evaluation evaluate_leaving_out(LeftOut left_out, const std::vector<Measurement>& measurements,
                                Estimators estimators) {
  std::erase_if(estimators, [](const auto& estimator) { return estimator->name() == "calibrated"; });
  ModelLibrary models;
  estimators.push_back(std::make_unique<LeavingOut>(left_out, measurements, models));
  return evaluate(measurements, estimators, models);
}

void require_values(const Evaluation& evaluation, const std::vector<Measurement>& measurements) {
  if (evaluation.rows.empty())
    throw InputError{"there is no measured row to evaluate",
                     fmt::format("{} rows, none with a value above 0", measurements.size()),
                     "name another CSV"};
}

}  // namespace calibram
