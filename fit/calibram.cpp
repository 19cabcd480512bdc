// SPDX-License-Identifier: MIT
// Translates the public interface into the questions, estimators and evaluation that the program uses.
#include "fit/calibram.hpp"

#include "fit/asked.hpp"
#include "fit/calibrated.hpp"
#include "fit/evaluation.hpp"
#include "fit/profile.hpp"
#include "src/core/error.hpp"
#include "src/engine/count.hpp"
#include "src/engine/measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace calibram::api {
namespace {

/// Runs what may throw our errors, and throws those of the interface.
template <class Work>
auto translated(const Work& work) try {
  return work();
} catch (const Error& error) {
  throw Failure{error.what(),
                {error.problem(), error.reason(), error.remedy()},
                dynamic_cast<const InputError*>(&error) != nullptr};
}

std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional{value} : std::nullopt;
}

ProfileFit described(const calibram::ProfileFit& theirs) {
  const Fit& fit = theirs.fit;
  ProfileFit ours{theirs.runtime, std::string{name_of(theirs.metric)}, theirs.placement.devices, fit.rows};
  ours.constant_bytes = std::llround(fit.constant_bytes);
  ours.constant_error_bytes = std::llround(fit.constant_error_bytes);
  for (std::size_t i = 0; i < fitted_term_count; ++i)
    ours.terms.push_back({std::string{term_names[i]}, fit.terms[i].coefficient, fit.terms[i].std_error,
                          fit.terms[i].identified});
  ours.sigma_bytes = std::llround(fit.sigma_bytes);
  ours.mean_abs_error = if_finite(fit.leave_one_model_out.mean_abs);
  ours.max_abs_error = if_finite(fit.leave_one_model_out.max_abs);
  return ours;
}

}  // namespace

struct Model::Loaded {
  std::string name;
  mutable ModelLibrary models;  ///< holds the model before anyone shares this, and is only read then
  std::shared_ptr<const calibram::Model> model;
  double parameters = 0;
  std::vector<std::string> remarks;
};

struct Profile::Loaded {
  std::shared_ptr<const calibram::Profile> profile;
  Estimators estimators;
  std::vector<ProfileFit> fits;
};

/// The way to what the classes keep to themselves.
struct Inside {
  static const Model::Loaded& of(const Model& model) { return *model.loaded_; }
  static const Profile::Loaded& of(const Profile& profile) { return *profile.loaded_; }
};

namespace {

/// Those that answer without a profile, or with it.
const Estimators& estimators_with(const std::optional<Profile>& profile) {
  static const Estimators without = rules_and_theory();
  return profile ? Inside::of(*profile).estimators : without;
}

Measurement row_of(const Model& model, const Question& question) {
  Measurement row;
  row.model = model.name();
  row.runtime = question.runtime;
  row.weights = question.weights;
  row.kv = question.kv;
  row.workload = {question.batch, question.prompt, question.generate, question.context};
  row.options = Options{question.options};
  row.device = question.device;
  row.metric = metric_named(question.metric);
  row.devices = question.devices;
  const std::optional<Split> split = parse_split(question.split);
  if (!split)
    throw InputError{fmt::format("invalid split '{}'", question.split), "must be layers or tensor",
                     "correct it"};
  row.split = *split;
  validate(row.workload);
  constexpr int most_devices = 65536;  // as in measurements: keeps sums over devices small
  if (row.devices < 1 || row.devices > most_devices)
    throw InputError{fmt::format("invalid devices {}", row.devices),
                     fmt::format("must be from 1 to {}", most_devices), "correct it"};
  if (row.split != Split::none && row.devices == 1)
    throw InputError{"a split needs more than one device", "one device holds the whole model",
                     "name more devices, or drop it"};
  return row;
}

Estimate described(const Asked& asked) {
  const calibram::Estimate& theirs = *asked.estimate();
  Estimate ours{std::string{asked.estimator}, theirs.total.count(), theirs.tokens, {}, {}, {}};
  for (std::size_t i = 0; i < term_count; ++i)
    ours.terms[std::string{term_names[i]}] = theirs.terms[Term{static_cast<unsigned char>(i)}].count();
  for (const Bytes bytes : theirs.devices) ours.devices.push_back({bytes.count(), false});
  if (theirs.ends_with_host && !ours.devices.empty()) ours.devices.back().is_host = true;
  if (theirs.interval)
    ours.interval = Interval{theirs.interval->low.count(), theirs.interval->high.count(),
                             theirs.interval->bound99.count()};
  ours.extrapolates = theirs.extrapolates;
  ours.caution = theirs.caution;
  return ours;
}

calibram::Evaluation evaluate_as_asked(const std::vector<Measurement>& rows,
                                       const std::optional<Profile>& profile, LeaveOut leave_out) {
  if (leave_out == LeaveOut::nothing) return calibram::evaluate(rows, estimators_with(profile));
  if (profile)
    throw InputError{"a profile was given, and rows to leave out",
                     "what leaves rows out fits anew and uses no profile", "drop one"};
  return evaluate_leaving_out(leave_out == LeaveOut::model ? LeftOut::model : LeftOut::batch, rows,
                              rules_and_theory());
}

Evaluation described(const calibram::Evaluation& theirs) {
  Evaluation ours;
  for (const calibram::ErrorSummary& s : theirs.summaries)
    ours.summaries.push_back({s.estimator, s.runtime, s.metric, s.devices, s.rows, s.skipped, s.mean_abs,
                              s.median_abs, s.max_abs, s.mean_signed, s.under});
  for (const auto& [reason, counts] : theirs.reasons)
    for (const auto& [estimator, rows] : counts) ours.skipped.push_back({reason, estimator, rows});
  ours.rows_without_value = theirs.without_value;
  return ours;
}

}  // namespace

std::string version() { return CALIBRAM_VERSION; }

Model::Model(const std::string& name) {
  loaded_ = translated([&] {
    auto loaded = std::make_shared<Loaded>();
    loaded->name = name;
    Measurement row;
    row.model = name;
    row.weights = row.kv = "fp16";  // which any model can be asked in
    const calibram::Question question = question_of(row, loaded->models);
    loaded->model = question.model;
    loaded->parameters = question.parameters;
    if (question.model)
      loaded->remarks.assign(question.model->remarks.begin(), question.model->remarks.end());
    return loaded;
  });
}

const std::string& Model::name() const { return loaded_->name; }
double Model::parameters() const { return loaded_->parameters; }
bool Model::has_architecture() const { return loaded_->model != nullptr; }
const std::vector<std::string>& Model::remarks() const { return loaded_->remarks; }

Profile::Profile(const std::filesystem::path& file) {
  loaded_ = translated([&] {
    auto loaded = std::make_shared<Loaded>();
    loaded->profile = std::make_shared<const calibram::Profile>(read_profile(file));
    loaded->estimators = rules_and_theory();
    loaded->estimators.push_back(calibrated(loaded->profile));
    for (const calibram::ProfileFit& fit : loaded->profile->fits) loaded->fits.push_back(described(fit));
    return loaded;
  });
}

const std::string& Profile::device() const { return loaded_->profile->device.name; }
const std::string& Profile::device_kind() const { return loaded_->profile->device.kind; }
const std::string& Profile::created() const { return loaded_->profile->created; }
const std::vector<ProfileFit>& Profile::fits() const { return loaded_->fits; }

Estimate estimate(const Model& model, const Question& asked_for) {
  return translated([&] {
    const calibram::Question question = question_of(row_of(model, asked_for), Inside::of(model).models);
    // Rules do not look at the runtime, but nobody means one that does not exist.
    runtime_of(question);
    const Asked asked =
        prepare(estimators_with(asked_for.profile), asked_for.estimator, question).ask(question.workload);
    if (const auto* unanswered = std::get_if<Unanswered>(&asked.answer))
      throw InputError{fmt::format("{} cannot answer this: {}", asked.estimator, unanswered->reason), "", ""};
    return described(asked);
  });
}

Evaluation evaluate(const std::vector<std::filesystem::path>& files, const std::optional<Profile>& profile,
                    LeaveOut leave_out) {
  return translated([&] {
    std::vector<std::string> names;
    for (const std::filesystem::path& file : files) names.push_back(file.string());
    const std::vector<Measurement> rows = read_measurements(names);
    const calibram::Evaluation evaluation = evaluate_as_asked(rows, profile, leave_out);
    require_values(evaluation, rows);
    return described(evaluation);
  });
}

}  // namespace calibram::api
