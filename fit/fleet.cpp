// SPDX-License-Identifier: MIT
// Sorts rows by configuration, and takes each machine's differences from the median of all.
#include "fit/fleet.hpp"

#include "fit/median.hpp"
#include "fit/outliers.hpp"
#include "fit/profile.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

namespace calibram {
namespace {

using Rows = std::span<const Measurement* const>;

/// No counter is read finer than a page.
constexpr double host_page_bytes = 4096;

/// What a machine differs by, configuration after configuration.
struct Differences {
  std::vector<double> bytes, relative;
};
using MachineDifferences = std::map<std::string, Differences>;

/// @param rows  of one configuration
void add_configuration(Rows rows, MachineDifferences& machines) {
  std::map<std::string, std::pair<double, double>> sums;  // of values, and how many
  for (const Measurement* row : rows) {
    sums[row->machine].first += static_cast<double>(*row->value);
    sums[row->machine].second += 1;
  }
  if (sums.size() < 2) return;
  std::vector<double> means;
  for (const auto& [machine, sum] : sums) means.push_back(sum.first / sum.second);
  const double centre = median(means);
  for (const auto& [machine, sum] : sums) {
    const double difference = sum.first / sum.second - centre;
    machines[machine].bytes.push_back(difference);
    machines[machine].relative.push_back(centre > 0 ? difference / centre : 0);
  }
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

FleetMember member_of(const std::string& machine, const Differences& differences) {
  FleetMember member;
  member.machine = machine;
  member.configurations = differences.bytes.size();
  member.offset_bytes = mean_of(differences.bytes);
  member.relative_offset = mean_of(differences.relative);
  double squares = host_page_bytes * host_page_bytes;
  for (double difference : differences.bytes) {
    squares += (difference - member.offset_bytes) * (difference - member.offset_bytes);
    member.largest_difference_bytes = std::max(member.largest_difference_bytes, std::abs(difference));
  }
  const auto count = static_cast<double>(differences.bytes.size());
  member.offset_error_bytes = std::sqrt(squares / std::max(1.0, count - 1) / count);
  return member;
}

/// The deviation between machines, less what their own errors explain of it.
MachineSpread spread_of(const std::vector<FleetMember>& members) {
  std::vector<double> offsets;
  double error_variance = 0;
  for (const FleetMember& member : members) {
    if (member.is_outlier) continue;
    offsets.push_back(member.offset_bytes);
    error_variance += member.offset_error_bytes * member.offset_error_bytes;
  }
  if (offsets.size() < 2) return {};
  const auto count = static_cast<double>(offsets.size());
  const double mean = mean_of(offsets);
  double squares = 0;
  for (double offset : offsets) squares += (offset - mean) * (offset - mean);
  return {static_cast<int>(offsets.size()),
          std::sqrt(std::max(0.0, squares / (count - 1) - error_variance / count))};
}

void mark_outliers(std::vector<FleetMember>& members) {
  std::vector<double> offsets, errors;
  for (const FleetMember& member : members) {
    offsets.push_back(member.offset_bytes);
    errors.push_back(member.offset_error_bytes);
  }
  for (std::size_t i : find_outliers(offsets, median(errors), outlier_significance))
    members[i].is_outlier = true;
}

/// @param rows  of one runtime, metric and placement, sorted by configuration
Fleet fleet_of(Rows rows) {
  MachineDifferences machines;
  for (std::size_t begin = 0, end; begin < rows.size(); begin = end) {
    for (end = begin + 1; end < rows.size() && same_configuration(*rows[begin], *rows[end]);) ++end;
    add_configuration(rows.subspan(begin, end - begin), machines);
  }
  const Measurement& first = *rows.front();
  Fleet fleet{first.runtime, first.metric, {first.devices, first.split}, {}, {}};
  for (const auto& [machine, differences] : machines)
    fleet.members.push_back(member_of(machine, differences));
  if (fleet.members.empty()) return fleet;
  mark_outliers(fleet.members);
  fleet.spread = spread_of(fleet.members);
  return fleet;
}

auto fleet_key(const Measurement& row) { return std::tie(row.runtime, row.metric, row.devices, row.split); }

}  // namespace

std::string Fleet::name() const { return ProfileFit{runtime, metric, {}, {}, placement}.name(); }

std::vector<Fleet> fleets_of(const std::vector<Measurement>& rows) {
  std::vector<const Measurement*> compared;
  for (const Measurement& row : rows)
    if (row.value && row.outcome.empty() && !row.machine.empty()) compared.push_back(&row);
  std::stable_sort(compared.begin(), compared.end(), [](const Measurement* a, const Measurement* b) {
    return std::tuple_cat(fleet_key(*a), configuration_of(*a)) <
           std::tuple_cat(fleet_key(*b), configuration_of(*b));
  });
  std::vector<Fleet> fleets;
  const Rows all{compared};
  for (std::size_t begin = 0, end; begin < all.size(); begin = end) {
    for (end = begin + 1; end < all.size() && fleet_key(*all[begin]) == fleet_key(*all[end]);) ++end;
    Fleet fleet = fleet_of(all.subspan(begin, end - begin));
    if (!fleet.members.empty()) fleets.push_back(std::move(fleet));
  }
  return fleets;
}

}  // namespace calibram
