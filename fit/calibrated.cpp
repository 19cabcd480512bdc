// SPDX-License-Identifier: MIT
// Looks up the fit, scales theory's terms by it, and compares them with the sweep's hull.
#include "fit/calibrated.hpp"

#include "fit/prediction.hpp"
#include "fit/theory.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

/// "calibram rss, calibram allocated".
std::string fits_text(const Profile& profile) {
  std::string text;
  for (const ProfileFit& entry : profile.fits)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", entry.runtime, name_of(entry.metric));
  return text.empty() ? "nothing" : text;
}

bool is_outside(const Hull& hull, const std::vector<TermBytes>& devices, const Workload& workload) {
  if (devices.size() != 1) return true;  // a profile is measured on one device
  return !hull.contains(devices.front(), workload.context_tokens(), workload.batch);
}

class Calibrated : public Estimator {
 public:
  explicit Calibrated(std::shared_ptr<const Profile> profile) : profile_{std::move(profile)} {}

  std::string_view name() const override { return "calibrated"; }

  Answer answer(const Question& question) const override {
    const ProfileFit* entry = profile_->find(question.runtime, question.metric);
    if (!entry)
      return Unanswered{fmt::format("the profile has no fit of {} {}; it has {}", question.runtime,
                                    name_of(question.metric), fits_text(*profile_))};
    const auto theory = theory_terms(question);
    if (const auto* unanswered = std::get_if<Unanswered>(&theory)) return *unanswered;
    const auto& devices = std::get<std::vector<TermBytes>>(theory);

    const Prediction prediction = predict(entry->fit, devices);
    Estimate estimate;
    estimate.total = prediction.total;
    estimate.terms = prediction.terms;
    estimate.devices = prediction.devices;
    estimate.interval = prediction.interval;
    estimate.extrapolates = is_outside(entry->fit.hull, devices, question.workload);
    estimate.profile = profile_->file;
    return estimate;
  }

 private:
  std::shared_ptr<const Profile> profile_;
};

}  // namespace

std::unique_ptr<Estimator> calibrated(std::shared_ptr<const Profile> profile) {
  return std::make_unique<Calibrated>(std::move(profile));
}

}  // namespace calibram
