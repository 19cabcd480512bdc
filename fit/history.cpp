// SPDX-License-Identifier: MIT
// Fits each sweep, and lays the fits side by side.
#include "fit/history.hpp"

#include "fit/distributions.hpp"
#include "fit/group_fits.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <utility>

namespace calibram {
namespace {

/// "2026-11-21-fcee7c8.csv" -> "2026-11-21"; empty for other names.
std::string date_in_name(const std::string& file) {
  const std::string name = std::filesystem::path{file}.filename().string();
  constexpr std::string_view shape = "dddd-dd-dd";
  if (name.size() < shape.size()) return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool is_digit = name[i] >= '0' && name[i] <= '9';
    if (shape[i] == 'd' ? !is_digit : name[i] != shape[i]) return {};
  }
  return name.substr(0, shape.size());
}

/// When the first of the rows was measured.
std::string time_of(const Sweep& sweep) {
  std::string earliest;
  for (const Measurement& row : sweep.rows)
    if (!row.measured_at.empty() && (earliest.empty() || row.measured_at < earliest))
      earliest = row.measured_at;
  return earliest.empty() ? date_in_name(sweep.file) : earliest;
}

/// @throws InputError for rows of several devices
const std::string& device_of(const Sweep& sweep) {
  const Measurement& first = sweep.rows.front();
  for (const Measurement& row : sweep.rows)
    if (row.device != first.device)
      throw InputError{fmt::format("{}:{}: a row of {} in a sweep of {}", row.file, row.line,
                                   in_quotes(row.device), in_quotes(first.device)),
                       "a history is of one device", "keep the sweeps of each device in files of their own"};
  return first.device;
}

/// What took part: the rows' versions, each engine with its own, and the machine.
Versions all_versions(const std::vector<Measurement>& rows) {
  Versions versions = versions_of(rows);
  std::map<std::string, std::set<std::string>> others;
  for (const Measurement& row : rows) {
    const std::string& runtime = row.runtime;
    if (const std::size_t at = runtime.find('@'); at != std::string::npos)
      others[runtime.substr(0, at)].insert(runtime.substr(at + 1));
    if (!row.machine.empty()) others["machine"].insert(row.machine);
  }
  for (const auto& [name, several] : others) versions[name] = joined_versions(several);
  return versions;
}

HistoryRun run_of(const Sweep& sweep, const std::string& time, ModelLibrary& models) {
  HistoryRun run;
  run.file = sweep.file;
  run.measured_at = time;
  run.rows = sweep.rows.size();
  run.versions = all_versions(sweep.rows);
  GroupFits fitted = fit_groups(observations_of(sweep.rows, models).groups);
  run.fits = std::move(fitted.fits);
  run.not_fitted = std::move(fitted.refusals);
  return run;
}

/// What one run says of one term; absent where its rows do not determine it.
std::optional<HistoryPoint> point_of(const Fit& fit, std::size_t term, std::size_t run) {
  const bool is_constant = term == index_of(Term::constant);
  HistoryPoint point{run, is_constant ? fit.constant_bytes : fit.terms[term].coefficient,
                     is_constant ? fit.constant_error_bytes : fit.terms[term].std_error,
                     static_cast<int>(fit.models.size()) - 1};
  if (!std::isfinite(point.value)) return std::nullopt;
  return point;
}

/// Both errors hold what the models scatter by, most of which two sweeps of the same models share: the test
/// is on the safe side.
double p_unchanged(const HistoryPoint& before, const HistoryPoint& now) {
  const double difference = now.value - before.value;
  if (difference == 0) return 1;
  const double error = std::hypot(before.std_error, now.std_error);
  if (!std::isfinite(error)) return 1;
  if (error == 0) return 0;
  return student_p(difference / error, std::max(1, std::min(before.degrees, now.degrees)));
}

/// An engine's new version goes on with the line of the one before, unless a sweep has several.
std::string series_name(const ProfileFit& entry, const std::vector<ProfileFit>& fits) {
  const std::string_view family = family_of(entry.runtime);
  const auto versions = std::count_if(fits.begin(), fits.end(), [&](const ProfileFit& other) {
    return family_of(other.runtime) == family && other.metric == entry.metric &&
           other.placement == entry.placement;
  });
  return ProfileFit{
      versions == 1 ? std::string{family} : entry.runtime, entry.metric, {}, {}, entry.placement}
      .name();
}

void add_fit(std::vector<HistorySeries>& all, const ProfileFit& entry, const std::string& name,
             std::size_t run) {
  for (std::size_t term = 0; term < term_count; ++term) {
    std::optional<HistoryPoint> point = point_of(entry.fit, term, run);
    if (!point) continue;
    auto series = std::find_if(all.begin(), all.end(), [&](const HistorySeries& known) {
      return known.fit == name && known.term == term_names[term];
    });
    if (series == all.end()) series = all.insert(all.end(), {name, std::string{term_names[term]}, {}});
    if (!series->points.empty()) point->p_unchanged = p_unchanged(series->points.back(), *point);
    series->points.push_back(*point);
  }
}

}  // namespace

std::vector<HistorySeries> History::series() const {
  std::vector<HistorySeries> all;
  for (std::size_t run = 0; run < runs.size(); ++run)
    for (const ProfileFit& entry : runs[run].fits)
      add_fit(all, entry, series_name(entry, runs[run].fits), run);
  std::stable_sort(all.begin(), all.end(),
                   [](const HistorySeries& a, const HistorySeries& b) { return a.fit < b.fit; });
  return all;
}

std::vector<History> histories_of(std::vector<Sweep> sweeps) {
  std::erase_if(sweeps, [](const Sweep& sweep) { return sweep.rows.empty(); });
  std::vector<std::pair<std::string, const Sweep*>> by_time;
  for (const Sweep& sweep : sweeps) by_time.emplace_back(time_of(sweep), &sweep);
  std::stable_sort(by_time.begin(), by_time.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  ModelLibrary models;
  std::vector<History> histories;
  for (const auto& [time, sweep] : by_time) {
    const std::string& device = device_of(*sweep);
    auto history = std::find_if(histories.begin(), histories.end(),
                                [&](const History& known) { return known.device == device; });
    if (history == histories.end()) history = histories.insert(histories.end(), {device, {}});
    HistoryRun run = run_of(*sweep, time, models);
    if (!history->runs.empty()) run.changes = changes_between(history->runs.back().versions, run.versions);
    history->runs.push_back(std::move(run));
  }
  return histories;
}

}  // namespace calibram
