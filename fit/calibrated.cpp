// SPDX-License-Identifier: MIT
// Looks up the fit, scales theory's terms by it, and compares them with the sweep's hull.
#include "fit/calibrated.hpp"

#include "fit/composition.hpp"
#include "fit/prediction.hpp"
#include "fit/theory.hpp"
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

class Calibrated : public Estimator {
 public:
  explicit Calibrated(std::shared_ptr<const Profile> profile) : profile_{std::move(profile)} {}

  std::string_view name() const override { return "calibrated"; }

  Answer answer(const Question& question) const override {
    if (is_composed(question.metric) || needs_composition(question)) return answer_composed(question);
    const auto predicted = predict_metric(question, question.metric);
    if (const auto* unanswered = std::get_if<Unanswered>(&predicted)) return *unanswered;
    const auto& [prediction, extrapolates, caution, ends_with_host, part] = std::get<Predicted>(predicted);
    Estimate estimate;
    estimate.total = prediction.total;
    estimate.terms = prediction.terms;
    estimate.devices = prediction.devices;
    estimate.interval = prediction.interval;
    if (estimate.interval) estimate.spread = prediction.spread;
    estimate.extrapolates = extrapolates;
    estimate.profile = profile_->file;
    estimate.caution = caution;
    estimate.ends_with_host = ends_with_host;
    return estimate;
  }

  std::vector<FittedPart> fitted_parts(const Question& question) const override {
    const bool is_put_together = is_composed(question.metric) || needs_composition(question);
    std::vector<FittedPart> parts;
    for (const Metric metric :
         is_put_together ? composed_of(question.metric) : std::span{&question.metric, 1}) {
      const auto predicted = predict_metric(question, metric);
      if (const auto* found = std::get_if<Predicted>(&predicted)) parts.push_back(found->part);
    }
    return parts;
  }

 private:
  std::variant<Predicted, Unanswered> predict_metric(Question question, Metric metric) const {
    question.metric = metric;
    const ProfileFit* entry = profile_->find_nearest(question.runtime, metric, question.placement());
    std::string caution;
    if (entry && entry->runtime != question.runtime)
      caution = fmt::format("the profile was fitted to {}, not {}", entry->runtime, question.runtime);
    if (!entry)
      return Unanswered{fmt::format("the profile has no fit of {}; it has {}",
                                    ProfileFit{question.runtime, metric, {}, {}, question.placement()}.name(),
                                    fits_text(*profile_))};
    const auto theory = theory_terms(question);
    if (const auto* unanswered = std::get_if<Unanswered>(&theory)) return *unanswered;
    const auto& [devices, fills_the_card, ends_with_host] = std::get<TheoryTerms>(theory);
    if (fills_the_card && metric == Metric::device)
      caution = "the card fills up on the way, and the allocator gives back what it holds for reuse";
    const Prediction prediction = predict(entry->fit, devices);
    return Predicted{prediction, is_outside(entry->fit.hull, devices, question), caution, ends_with_host,
                     part_of(entry->fit, metric, devices, prediction)};
  }

  /// The whole card of an engine whose log reports parts.
  bool needs_composition(const Question& question) const {
    return question.metric == Metric::device && question.model && runtime_of(question).cache_room &&
           !profile_->find(question.runtime, Metric::device, question.placement());
  }

  Answer answer_composed(const Question& question) const {
    bool extrapolates = false;
    std::string caution;
    const auto part = [&](Metric metric) -> std::variant<Prediction, Unanswered> {
      auto predicted = predict_metric(question, metric);
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
