// SPDX-License-Identifier: MIT
// Prints fleets.
#include "bench/app/fit/fleet_report.hpp"

#include "src/core/bytes.hpp"
#include "src/core/printable.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

/// Of a thousand machines a person wants to see the odd ones.
constexpr std::size_t most_shown = 20;

std::string signed_mib(double bytes) { return fmt::format("{:+.2f} MiB", bytes / (1 << 20)); }

/// The farthest first; outliers before all others.
std::vector<const FleetMember*> shown_members(const Fleet& fleet) {
  std::vector<const FleetMember*> members;
  for (const FleetMember& member : fleet.members) members.push_back(&member);
  const auto key = [](const FleetMember* member) {
    return std::pair{!member->is_outlier, -std::abs(member->offset_bytes)};
  };
  std::stable_sort(members.begin(), members.end(),
                   [&](const FleetMember* a, const FleetMember* b) { return key(a) < key(b); });
  const auto outliers = static_cast<std::size_t>(std::count_if(
      members.begin(), members.end(), [](const FleetMember* member) { return member->is_outlier; }));
  members.resize(std::min(members.size(), std::max(most_shown, outliers)));
  return members;
}

std::string table_text(const Fleet& fleet) {
  TextTable table{{{"machine"},
                   {"same as others", Align::right},
                   {"from the median", Align::right},
                   {"std error", Align::right},
                   {"relative", Align::right},
                   {"verdict"}}};
  for (const FleetMember* member : shown_members(fleet))
    table.add_row(
        {printable(member->machine, 80), std::to_string(member->configurations),
         signed_mib(member->offset_bytes), fmt::format("{:.2f} MiB", member->offset_error_bytes / (1 << 20)),
         fmt::format("{:+.4f} %", 100 * member->relative_offset), member->is_outlier ? "outlier" : ""});
  return table.text();
}

std::string spread_text(const Fleet& fleet) {
  std::vector<double> offsets;
  for (const FleetMember& member : fleet.members)
    if (!member.is_outlier) offsets.push_back(member.offset_bytes);
  const auto [low, high] = std::minmax_element(offsets.begin(), offsets.end());
  std::string text =
      fmt::format("spread of {} machines: {:.2f} MiB from lowest to highest, deviation {:.2f} MiB",
                  offsets.size(), (*high - *low) / (1 << 20), fleet.spread.deviation_bytes / (1 << 20));
  if (fleet.members.size() < 3) text += "; with two it cannot be told which one is off";
  return text + "\n";
}

bool agree_to_the_byte(const Fleet& fleet) {
  return std::all_of(fleet.members.begin(), fleet.members.end(),
                     [](const FleetMember& member) { return member.largest_difference_bytes == 0; });
}

}  // namespace

std::string fleet_text(const std::vector<Fleet>& fleets) {
  std::string text;
  for (const Fleet& fleet : fleets) {
    if (agree_to_the_byte(fleet)) {
      text += fmt::format("\n{}: {} machines agree to the byte\n", fleet.name(), fleet.members.size());
      continue;
    }
    text += fmt::format("\n{} of {} machines:\n\n{}", fleet.name(), fleet.members.size(), table_text(fleet));
    if (fleet.members.size() > most_shown) text += fmt::format("... {} in all\n", fleet.members.size());
    text += spread_text(fleet);
  }
  return text;
}

}  // namespace calibram
