// SPDX-License-Identifier: MIT
// Pairs rows through a hash of their configuration.
#include "fit/pairing.hpp"

#include <boost/functional/hash.hpp>

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace calibram {
namespace {

/// Of what tells configurations apart; `same_configuration` decides where it is equal.
struct ConfigurationHash {
  std::size_t operator()(const Measurement* row) const {
    std::size_t seed = 0;
    const auto add = [&](const auto& value) { boost::hash_combine(seed, value); };
    for (const SharedText* text : {&row->model, &row->weights, &row->kv}) add(*text);
    add(row->workload.batch), add(row->workload.prompt), add(row->workload.generate);
    add(row->workload.context.value_or(0));
    add(row->devices), add(static_cast<int>(row->metric));
    for (const auto& [key, value] : row->options) add(std::hash<std::string>{}(value));
    return seed;
  }
};

struct SameConfiguration {
  bool operator()(const Measurement* a, const Measurement* b) const { return same_configuration(*a, *b); }
};

using Places = std::unordered_map<const Measurement*, std::size_t, ConfigurationHash, SameConfiguration>;

bool is_measured(const Measurement& row) { return row.outcome.empty() && row.value; }

/// A run that could not be finished; what was skipped, rejected or nearly filled a card did not break.
bool is_broken(const Measurement& row) {
  return row.outcome == "out_of_memory" || row.outcome == "killed" || row.outcome == "failed";
}

Places places_of(const std::vector<Measurement>& old_rows, std::vector<OldConfiguration>& configurations) {
  Places places;
  places.reserve(old_rows.size());
  for (std::size_t i = 0; i < old_rows.size(); ++i) {
    const Measurement& row = old_rows[i];
    const auto [place, is_fresh] = places.try_emplace(&row, configurations.size());
    if (is_fresh) configurations.push_back({i, {}, {}, {}, false});
    if (!is_measured(row)) continue;
    OldConfiguration& configuration = configurations[place->second];
    if (configuration.values.count() == 0) configuration.row = i;
    configuration.values.add(static_cast<double>(*row.value));
    if (!row.fixed) continue;
    configuration.fixed.add(static_cast<double>(*row.fixed));
    configuration.after_fixed.add(static_cast<double>(*row.value - *row.fixed));
  }
  return places;
}

/// What was never tried, or not to its end for reasons of the machine, cannot have worked before.
bool worked(const Measurement& row) { return row.outcome.empty() || row.outcome == "near_full"; }

/// Whether the two values were read from different counters, as far as both say.
bool counted_otherwise(const Measurement& row, const Measurement& old) {
  return !row.counter.empty() && !old.counter.empty() && row.counter != old.counter;
}

/// Keeps one change per configuration, a failure before any other.
void keep_change(std::vector<OutcomeChange>& changes, std::vector<std::size_t>& change_of,
                 std::size_t configuration, const OutcomeChange& change) {
  std::size_t& known = change_of[configuration];
  if (known == Pairing::none) {
    known = changes.size();
    changes.push_back(change);
  } else if (change.is_failure && !changes[known].is_failure) {
    changes[known] = change;
  }
}

}  // namespace

void Repeats::add(double value) {
  if (count_++ == 0) first_ = value;
  sum_ += value - first_;
  squares_ += (value - first_) * (value - first_);
}

bool OutcomeChanges::has_failures() const {
  return std::any_of(changed.begin(), changed.end(),
                     [](const OutcomeChange& change) { return change.is_failure; });
}

Pairing pair_rows(const std::vector<Measurement>& rows, const std::vector<Measurement>& old_rows) {
  Pairing pairing;
  const Places places = places_of(old_rows, pairing.configurations);
  pairing.configuration_of.assign(rows.size(), Pairing::none);
  std::vector<std::size_t> change_of(pairing.configurations.size(), Pairing::none);
  Places added;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Measurement& row = rows[i];
    const auto place = places.find(&row);
    if (place == places.end()) {
      if (added.try_emplace(&row, i).second) pairing.outcomes.added.push_back(i);
      continue;
    }
    OldConfiguration& configuration = pairing.configurations[place->second];
    const Measurement& old = old_rows[configuration.row];
    configuration.is_in_new = true;
    if (row.outcome != old.outcome)
      keep_change(pairing.outcomes.changed, change_of, place->second,
                  {i, configuration.row, is_broken(row) && worked(old)});
    if (!is_measured(row) || configuration.values.count() == 0) continue;
    if (counted_otherwise(row, old))
      pairing.outcomes.other_counter.push_back(i);
    else
      pairing.configuration_of[i] = place->second;
  }
  for (const OldConfiguration& configuration : pairing.configurations)
    if (!configuration.is_in_new) pairing.outcomes.missing.push_back(configuration.row);
  return pairing;
}

}  // namespace calibram
