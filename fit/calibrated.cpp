// SPDX-License-Identifier: MIT
// Looks up the fit, scales theory's terms by it, and compares them with the sweep's hull.
#include "fit/calibrated.hpp"

#include "fit/composition.hpp"
#include "fit/prediction.hpp"
#include "fit/theory.hpp"
#include "src/core/error.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

/// "calibram rss, calibram allocated".
std::string fits_text(const Profile& profile) {
  std::string text;
  for (const ProfileFit& entry : profile.fits) text += (text.empty() ? "" : ", ") + entry.name();
  return text.empty() ? "nothing" : text;
}

/// @param question  its workload counts where the metric holds the workload's cache; an engine's start-up
/// figures know neither
bool is_outside(const Hull& hull, const std::vector<TermBytes>& devices, const Question& question) {
  const bool holds_cache = is_total(question.metric) || question.metric == Metric::kv_cache;
  const Workload& workload = question.workload;
  return !hull.contains(mean_terms(devices, question.devices),
                        holds_cache ? workload.context_tokens() : hull.context_tokens.low,
                        holds_cache ? workload.batch : hull.batch.low);
}

/// A prediction, and what is to be said of it.
struct Predicted {
  Prediction prediction;
  bool extrapolates = false;
  std::string caution;
  bool ends_with_host = false;
  FittedPart part;
};

/// The fit's share in a prediction.
FittedPart part_of(const Fit& fit, Metric metric, const std::vector<TermBytes>& devices,
                   const Prediction& prediction) {
  FittedPart part{metric, {}, fit.prior.coefficients, static_cast<int>(devices.size()), prediction.terms};
  for (const TermBytes& terms : devices) part.theory += terms;
  return part;
}

/// One metric of a question by the profile's fit of it.
class PredictedMetric {
 public:
  PredictedMetric(const Profile& profile, Question question, Metric metric)
      : question_{with_metric(std::move(question), metric)},
        entry_{profile.find_nearest(question_.runtime, metric, question_.placement())},
        theory_{question_} {
    if (!entry_)
      reason_ = fmt::format("the profile has no fit of {}; it has {}",
                            ProfileFit{question_.runtime, metric, {}, {}, question_.placement()}.name(),
                            fits_text(profile));
    else if (entry_->runtime != question_.runtime)
      caution_ = fmt::format("the profile was fitted to {}, not {}", entry_->runtime, question_.runtime);
  }

  std::variant<Predicted, Unanswered> of(const Workload& workload) {
    if (!entry_) return Unanswered{reason_};
    const auto theory = theory_.terms(workload);
    if (const auto* unanswered = std::get_if<Unanswered>(&theory)) return *unanswered;
    const auto& [devices, fills_the_card, ends_with_host] = std::get<TheoryTerms>(theory);
    question_.workload = workload;
    const Prediction prediction = predict(entry_->fit, devices);
    return Predicted{prediction, is_outside(entry_->fit.hull, devices, question_),
                     fills_the_card && question_.metric == Metric::device ? full_card : caution_,
                     ends_with_host, part_of(entry_->fit, question_.metric, devices, prediction)};
  }

 private:
  inline static const std::string full_card =
      "the card fills up on the way, and the allocator gives back what it holds for reuse";

  static Question with_metric(Question question, Metric metric) {
    question.metric = metric;
    return question;
  }

  Question question_;
  const ProfileFit* entry_;
  PreparedTheory theory_;
  std::string reason_;   ///< why nothing is answered
  std::string caution_;  ///< of every answer
};

Estimate estimate_of(Predicted predicted, const Profile& profile) {
  Estimate estimate;
  estimate.total = predicted.prediction.total;
  estimate.terms = predicted.prediction.terms;
  estimate.devices = std::move(predicted.prediction.devices);
  estimate.interval = predicted.prediction.interval;
  if (estimate.interval) estimate.spread = predicted.prediction.spread;
  estimate.extrapolates = predicted.extrapolates;
  estimate.profile = profile.file;
  estimate.caution = std::move(predicted.caution);
  estimate.ends_with_host = predicted.ends_with_host;
  return estimate;
}

/// A question whose metric the profile has, or may have.
class PreparedByProfile : public PreparedQuestion {
 public:
  PreparedByProfile(std::shared_ptr<const Profile> profile, const Question& question)
      : profile_{std::move(profile)}, metric_{*profile_, question, question.metric} {}

  Answer answer(const Workload& workload) override {
    auto predicted = metric_.of(workload);
    if (const auto* unanswered = std::get_if<Unanswered>(&predicted)) return *unanswered;
    return estimate_of(std::get<Predicted>(std::move(predicted)), *profile_);
  }

 private:
  std::shared_ptr<const Profile> profile_;
  PredictedMetric metric_;
};

class Calibrated : public Estimator {
 public:
  explicit Calibrated(std::shared_ptr<const Profile> profile) : profile_{std::move(profile)} {}

  std::string_view name() const override { return "calibrated"; }

  Answer answer(const Question& question) const override {
    if (is_put_together(question)) return answer_composed(question);
    return PreparedByProfile{profile_, question}.answer(question.workload);
  }

  bool may_answer(const Question& question) const override {
    try {
      return is_put_together(question) ||
             profile_->find_nearest(question.runtime, question.metric, question.placement());
    } catch (const InputError&) {
      return true;  // the answer says what is wrong with the runtime
    }
  }

  std::unique_ptr<PreparedQuestion> prepare(const Question& question) const override {
    if (is_put_together(question)) return Estimator::prepare(question);
    return std::make_unique<PreparedByProfile>(profile_, question);
  }

  std::vector<FittedPart> fitted_parts(const Question& question) const override {
    std::vector<FittedPart> parts;
    for (const Metric metric :
         is_put_together(question) ? composed_of(question.metric) : std::span{&question.metric, 1}) {
      const auto predicted = PredictedMetric{*profile_, question, metric}.of(question.workload);
      if (const auto* found = std::get_if<Predicted>(&predicted)) parts.push_back(found->part);
    }
    return parts;
  }

 private:
  /// Whether the metric is one, or the whole card of an engine whose log reports parts.
  bool is_put_together(const Question& question) const {
    return is_composed(question.metric) ||
           (question.metric == Metric::device && question.model && runtime_of(question).cache_room &&
            !profile_->find(question.runtime, Metric::device, question.placement()));
  }

  Answer answer_composed(const Question& question) const {
    bool extrapolates = false;
    std::string caution;
    const auto part = [&](Metric metric) -> std::variant<Prediction, Unanswered> {
      auto predicted = PredictedMetric{*profile_, question, metric}.of(question.workload);
      if (const auto* unanswered = std::get_if<Unanswered>(&predicted)) return *unanswered;
      auto& found = std::get<Predicted>(predicted);
      extrapolates = extrapolates || found.extrapolates;
      if (!found.caution.empty()) caution = found.caution;
      return std::move(found.prediction);
    };
    Answer answer = question.metric == Metric::device
                        ? compose_device(question, part)
                        : compose_cache(question, part, Bytes{profile_->device.total_bytes});
    if (auto* estimate = std::get_if<Estimate>(&answer)) {
      estimate->extrapolates = extrapolates;
      estimate->profile = profile_->file;
      if (!caution.empty()) estimate->caution = caution;
    }
    return answer;
  }

  std::shared_ptr<const Profile> profile_;
};

}  // namespace

std::unique_ptr<Estimator> calibrated(std::shared_ptr<const Profile> profile) {
  return std::make_unique<Calibrated>(std::move(profile));
}

}  // namespace calibram
