// SPDX-License-Identifier: MIT
// Writes profiles, and finds what is in them.
#include "fit/profile.hpp"

#include "src/core/file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// null for what the data do not determine: a JSON number cannot be NaN or infinite.
Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json bytes_or_null(double value) {
  return std::isfinite(value) ? Json(rounded_bytes(value).count()) : Json(nullptr);
}

Json json_of(const Range& range) { return Json::array({range.low, range.high}); }

Json json_of(const TermFit& term) {
  return {{"coefficient", number_or_null(term.coefficient)},
          {"std_error", number_or_null(term.std_error)},
          {"p_equals_one", number_or_null(term.p_equals_one)},
          {"vif", number_or_null(term.variance_inflation)},
          {"identified", term.identified}};
}

Json json_of(const Hull& hull) {
  Json json = {{"total_bytes", json_of(hull.total_bytes)},
               {"context_tokens", json_of(hull.context_tokens)},
               {"batch", json_of(hull.batch)}};
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    json["terms"][std::string{term_names[t]}] = json_of(hull.term_bytes[t]);
  return json;
}

/// The solution for prediction; `order` says what its rows and columns are.
Json json_of(const PriorFit& prior) {
  Json json;
  json["order"] = term_names;
  json["coefficients"] = prior.coefficients;
  json["covariance"] = prior.covariance;
  json["within"] = prior.within;
  json["between"] = prior.between;
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    json["prior_deviations"][std::string{term_names[t]}] = term_priors[t].deviation;
  return json;
}

Json json_of(const ProfileFit& entry) {
  const Fit& fit = entry.fit;
  Json json = {{"runtime", entry.runtime},
               {"metric", name_of(entry.metric)},
               {"counter", entry.counter},
               {"rows", fit.rows},
               {"models", fit.models},
               {"sigma_bytes", bytes_or_null(fit.sigma_bytes)},
               {"sigma_relative", number_or_null(fit.sigma_relative)},
               {"r2", number_or_null(fit.r_squared)},
               {"condition_number", number_or_null(fit.condition_number)}};
  if (entry.placement.devices > 1) {
    json["devices"] = entry.placement.devices;
    json["split"] = name_of(entry.placement.shared());
  }
  json["constant_bytes"] = {{"value", bytes_or_null(fit.constant_bytes)},
                            {"std_error", bytes_or_null(fit.constant_error_bytes)}};
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    json["terms"][std::string{term_names[t]}] = json_of(fit.terms[t]);
  json["collinear"] = fit.collinear;
  json["warnings"] = fit.warnings;
  json["leave_one_model_out"] = {{"mean_abs", number_or_null(fit.leave_one_model_out.mean_abs)},
                                 {"max_abs", number_or_null(fit.leave_one_model_out.max_abs)},
                                 {"mean_signed", number_or_null(fit.leave_one_model_out.mean_signed)}};
  json["noise"] = {{"page_bytes", fit.noise.page_bytes}, {"relative", fit.noise.relative}};
  if (fit.spread.machines > 1)
    json["machines"] = {{"count", fit.spread.machines}, {"deviation_bytes", fit.spread.deviation_bytes}};
  json["hull"] = json_of(fit.hull);
  json["prediction"] = json_of(fit.prior);
  return json;
}

}  // namespace

std::string ProfileFit::name() const {
  const std::string where = describe(placement);
  return fmt::format("{} {}{}{}", runtime, name_of(metric), where.empty() ? "" : " on ", where);
}

const ProfileFit* Profile::find(std::string_view runtime, Metric metric, Placement placement) const {
  for (const ProfileFit& entry : fits)
    if (entry.runtime == runtime && entry.metric == metric && entry.placement == placement) return &entry;
  return nullptr;
}

const ProfileFit* Profile::find_nearest(std::string_view runtime, Metric metric, Placement placement) const {
  if (const ProfileFit* entry = find(runtime, metric, placement)) return entry;
  const auto found = std::find_if(fits.rbegin(), fits.rend(), [&](const ProfileFit& entry) {
    return entry.metric == metric && entry.placement == placement &&
           family_of(entry.runtime) == family_of(runtime);
  });
  return found == fits.rend() ? nullptr : &*found;
}

Versions versions_of(const Profile& profile) {
  Versions versions = profile.versions;
  const ProfileDevice& device = profile.device;
  if (!device.driver.empty()) versions.emplace(device.kind == "host" ? "kernel" : "driver", device.driver);
  if (!profile.commit.empty()) versions.emplace("commit", profile.commit);
  return versions;
}

std::string profile_text(const Profile& profile) {
  Json json = {{"schema", profile_schema}};
  json["device"] = {{"name", profile.device.name},
                    {"kind", profile.device.kind},
                    {"total_bytes", nullptr},
                    {"driver", nullptr}};
  if (profile.device.total_bytes > 0) json["device"]["total_bytes"] = profile.device.total_bytes;
  if (!profile.device.driver.empty()) json["device"]["driver"] = profile.device.driver;
  json["created"] = profile.created;
  json["commit"] = profile.commit;
  json["versions"] = profile.versions;
  json["fits"] = Json::array();
  for (const ProfileFit& entry : profile.fits) json["fits"].push_back(json_of(entry));
  // A name may hold bytes that are no UTF-8; a replaced character beats an exception after a long sweep.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_profile(const std::filesystem::path& file, const Profile& profile) {
  write_file(file, profile_text(profile));
}

}  // namespace calibram
