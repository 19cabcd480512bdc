// SPDX-License-Identifier: MIT
// Groups the rows that a baseline has too, and tests each group's differences.
#include "fit/baseline.hpp"

#include "fit/differences.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace calibram {
namespace {

/// One fresh row with a partner.
struct PairedRow {
  std::size_t row = 0, configuration = 0;
  double measured_bytes = 0;
  double variance = 0;  ///< by its counter
  double devices = 1;   ///< that the values are divided by
  TermBytes terms;
};

/// Rows that are tested together.
struct PairedGroup {
  CheckedGroup checked;
  std::vector<PairedRow> rows;
  bool is_counted = true;
};

std::set<std::string, std::less<>> runtimes_of(const std::vector<Measurement>& rows) {
  std::set<std::string, std::less<>> runtimes;
  const SharedText* last = nullptr;
  for (const Measurement& row : rows) {
    if (last && *last == row.runtime) continue;
    last = &row.runtime;
    runtimes.insert(row.runtime);
  }
  return runtimes;
}

/// Whether the metric's counter may lag behind, which the column slack says; others are read at an instant.
bool may_lag(const Measurement& row) { return row.metric == Metric::rss || row.metric == Metric::cgroup; }

bool lacks_slack(const Measurement& row) { return may_lag(row) && !row.slack; }

double uniform_variance(std::optional<std::int64_t> reach) {
  const auto bytes = static_cast<double>(reach.value_or(0));
  return bytes * bytes / 3;
}

/// By how far the counter of either row may lag.
double slack_variance(const Measurement& row, const Measurement& old) {
  return may_lag(row) ? std::max(uniform_variance(row.slack), uniform_variance(old.slack)) : 0;
}

CheckedGroup group_like(const Measurement& row, const Baseline& baseline) {
  CheckedGroup checked;
  checked.reference = Reference::baseline;
  checked.runtime = row.runtime;
  checked.metric = row.metric;
  checked.placement = {row.devices, row.split};
  const auto stand_in = baseline.stand_ins.find(row.runtime);
  checked.reference_runtime = stand_in == baseline.stand_ins.end() ? row.runtime.str() : stand_in->second;
  return checked;
}

/// The groups that theory counts. @param counted  marks their rows
std::vector<PairedGroup> counted_groups(const Baseline& baseline, const std::vector<Measurement>& rows,
                                        const Observations& observations, const Pairing& pairing,
                                        std::vector<bool>& counted) {
  std::vector<PairedGroup> groups;
  for (const ObservationGroup& group : observations.groups) {
    PairedGroup paired;
    for (const Observation& observation : group.observations) {
      counted[observation.row] = true;
      const std::size_t configuration = pairing.configuration_of[observation.row];
      if (configuration == Pairing::none) continue;
      const Measurement& old = baseline.rows[pairing.configurations[configuration].row];
      const double page = group.noise.page_bytes, resolution = observation.resolution_bytes;
      paired.rows.push_back(
          {observation.row, configuration, observation.measured_bytes,
           std::max(page * page, slack_variance(rows[observation.row], old)) + resolution * resolution / 3,
           static_cast<double>(group.placement.devices), observation.terms});
    }
    if (paired.rows.empty()) continue;
    paired.checked = group_like(rows[paired.rows.front().row], baseline);
    groups.push_back(std::move(paired));
  }
  return groups;
}

/// The groups of rows that theory cannot count: of a program that was watched, of graphs, of sums over cards.
std::vector<PairedGroup> uncounted_groups(const Baseline& baseline, const std::vector<Measurement>& rows,
                                          const Pairing& pairing, const std::vector<bool>& counted) {
  std::vector<PairedGroup> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (counted[i] || pairing.configuration_of[i] == Pairing::none) continue;
    const Measurement& row = rows[i];
    auto group = std::find_if(groups.begin(), groups.end(), [&](const PairedGroup& known) {
      return known.checked.metric == row.metric && known.checked.runtime == row.runtime &&
             known.checked.placement == Placement{row.devices, row.split};
    });
    if (group == groups.end()) group = groups.insert(groups.end(), {group_like(row, baseline), {}, false});
    const Measurement& old = baseline.rows[pairing.configurations[pairing.configuration_of[i]].row];
    // A byte or token of its own, for what is counted exactly.
    group->rows.push_back({i,
                           pairing.configuration_of[i],
                           static_cast<double>(*row.value),
                           1 + slack_variance(row, old) + uniform_variance(row.resolution),
                           1,
                           {}});
  }
  return groups;
}

double part_of(Part part, double value, double fixed) {
  return part == Part::whole ? value : part == Part::fixed ? fixed : value - fixed;
}

struct Compared {
  Part part = Part::whole;
  bool without_outside = false;  ///< leaves out rows that were found to be outside
};

std::vector<Difference> differences_of(const PairedGroup& group, const Pairing& pairing,
                                       const std::vector<Measurement>& rows, const Compared& compared) {
  std::vector<Difference> differences;
  std::unordered_map<std::size_t, std::size_t> place_of;
  place_of.reserve(group.rows.size());
  for (std::size_t i = 0; i < group.rows.size(); ++i) {
    if (compared.without_outside && group.checked.rows[i].is_outside) continue;
    const PairedRow& row = group.rows[i];
    const auto [place, is_fresh] = place_of.try_emplace(row.configuration, differences.size());
    if (is_fresh) {
      const Repeats& old = pairing.configurations[row.configuration].of(compared.part);
      differences.push_back({row.terms,
                             rows[row.row].model,
                             row.variance,
                             {},
                             old.mean() / row.devices,
                             old.squares() / (row.devices * row.devices),
                             old.count()});
    }
    const double fixed = static_cast<double>(rows[row.row].fixed.value_or(0)) / row.devices;
    differences[place->second].now.add(part_of(compared.part, row.measured_bytes, fixed));
  }
  return differences;
}

/// Whether the rows of both sides say how much of their value their processes held before weights.
bool knows_fixed(const PairedGroup& group, const Pairing& pairing, const std::vector<Measurement>& rows) {
  return counts_process(group.checked.metric) &&
         std::all_of(group.rows.begin(), group.rows.end(), [&](const PairedRow& row) {
           const OldConfiguration& old = pairing.configurations[row.configuration];
           return rows[row.row].fixed && old.fixed.count() == old.values.count();
         });
}

void check_rows(PairedGroup& group, const Pairing& pairing, const RowSpread& spread,
                const DriftLimits& limits) {
  group.checked.rows.reserve(group.rows.size());
  for (const PairedRow& row : group.rows) {
    const Repeats& old = pairing.configurations[row.configuration].values;
    CheckedRow checked{row.row, row.measured_bytes, old.mean() / row.devices,
                       spread.scale * std::sqrt(row.variance * (1 + 1.0 / old.count()))};
    judge_row(checked, spread.quantile, limits);
    group.checked.rows.push_back(checked);
  }
}

/// Of what the rows of one run are off by together. Processes of one program lag alike, and share how the
/// page cache holds its files, of which the kernel maps whole blocks: a fresh copy of the same program had
/// 0.18 MiB more in every row (Linux 6.18, AMD EPYC). The counter's own reach is the measure of both.
double shared_variance(const PairedGroup& group) {
  double variance = 0;
  if (counts_process(group.checked.metric))
    for (const PairedRow& row : group.rows) variance = std::max(variance, row.variance);
  return variance;
}

/// The terms that moved. What the process held before its weights is one of them where every row says it: the
/// others are then told from it, and it alone has the run's shared error.
std::vector<CheckedTerm> checked_terms(const PairedGroup& group, const Pairing& pairing,
                                       const std::vector<Measurement>& rows) {
  const bool without_outside = has_few_outside(group.checked.rows);
  const auto differences = [&](Part part) {
    return differences_of(group, pairing, rows, {part, without_outside});
  };
  if (!knows_fixed(group, pairing, rows))
    return changed_terms(differences(Part::whole), group.is_counted, shared_variance(group));
  std::vector<CheckedTerm> terms = changed_terms(differences(Part::after_fixed), group.is_counted, 0);
  CheckedTerm fixed = changed_terms(differences(Part::fixed), false, shared_variance(group)).front();
  fixed.term = "fixed";
  terms.insert(terms.begin(), fixed);
  return terms;
}

/// What the test of a group could not know.
std::string caveat_of(const PairedGroup& group, const std::vector<Measurement>& rows) {
  const bool tells_scatter = !std::isnan(group.checked.terms.front().p_value);
  if (!tells_scatter)
    return "one configuration, measured once in each file: nothing says how it scatters, the tolerance alone "
           "counts";
  if (std::any_of(group.rows.begin(), group.rows.end(),
                  [&](const PairedRow& row) { return lacks_slack(rows[row.row]); }))
    return "the rows do not say how far their counter may lag (column slack): only the differences say what "
           "is chance";
  return {};
}

}  // namespace

Baseline as_baseline(std::vector<Measurement> old_rows, const std::vector<Measurement>& rows) {
  Baseline baseline{std::move(old_rows), {}};
  const bool one_device = std::all_of(
      rows.begin(), rows.end(), [&](const Measurement& row) { return row.device == rows.front().device; });
  const auto fresh = runtimes_of(rows), old = runtimes_of(baseline.rows);
  std::map<std::string, std::string> renamed;  // by the baseline's own name
  for (const std::string& runtime : fresh) {
    if (old.contains(runtime)) continue;
    for (const std::string& other : old)
      if (family_of(other) == family_of(runtime) && !fresh.contains(other) && !renamed.contains(other)) {
        renamed[other] = runtime;
        baseline.stand_ins[runtime] = other;
        break;
      }
  }
  for (Measurement& row : baseline.rows) {
    if (one_device && !rows.empty()) row.device = rows.front().device;
    if (renamed.empty()) continue;
    if (const auto name = renamed.find(row.runtime); name != renamed.end()) row.runtime = name->second;
  }
  return baseline;
}

std::vector<CheckedGroup> check_against_baseline(const Baseline& baseline,
                                                 const std::vector<Measurement>& rows,
                                                 const Observations& observations, const DriftLimits& limits,
                                                 OutcomeChanges& outcomes) {
  Pairing pairing = pair_rows(rows, baseline.rows);
  std::vector<bool> counted(rows.size());
  std::vector<PairedGroup> groups = counted_groups(baseline, rows, observations, pairing, counted);
  for (PairedGroup& group : uncounted_groups(baseline, rows, pairing, counted))
    groups.push_back(std::move(group));
  std::vector<CheckedGroup> checked;
  for (PairedGroup& group : groups) {
    const std::vector<Difference> all = differences_of(group, pairing, rows, {});
    check_rows(group, pairing, spread_of(all, limits.row_confidence), limits);
    group.checked.terms = checked_terms(group, pairing, rows);
    group.checked.caveat = caveat_of(group, rows);
    checked.push_back(std::move(group.checked));
  }
  outcomes = std::move(pairing.outcomes);
  return checked;
}

}  // namespace calibram
