// SPDX-License-Identifier: MIT
// Fills the ledger's columns of watched commands.
#include "bench/watch/watch_rows.hpp"

#include "bench/watch/control_group.hpp"
#include "kernels/host/host_probe.hpp"

#include <fmt/format.h>

#include <cstring>

namespace calibram {
namespace {

struct Verdict {
  std::string outcome, reason;
};

std::string end_text(const CommandEnd& end) {
  return end.signal != 0 ? fmt::format("by signal {} ({})", end.signal, ::strsignal(end.signal))
                         : fmt::format("exit status {}", end.exit_status);
}

Verdict verdict(const WatchResult& result) {
  const CommandEnd& end = result.end;
  if (end.exec_error != 0) return {"failed", fmt::format("not started: {}", why_not_started(result))};
  if (!end.is_known) return {"failed", "calibram-launch was killed before the command ended"};
  if (result.group && result.group->killed_for_memory > 0)
    return {"out_of_memory", fmt::format("the kernel killed {} of its processes for want of memory; {}",
                                         result.group->killed_for_memory, end_text(end))};
  if (end.signal != 0) return {"killed", end_text(end)};
  if (end.exit_status != 0) return {"failed", end_text(end)};
  return {};
}

Measurement resident_row(Measurement row, const WatchResult& result) {
  row.metric = Metric::rss;
  if (!result.resident) return row;
  const auto [lower, upper] = result.resident->bounds;
  row.value = (lower.count() + upper.count()) / 2;
  if (lower != upper) row.resolution = ((upper - lower).count() + 1) / 2;
  row.counter = result.resident->counter;
  row.slack = resident_counter_slack().count();
  return row;
}

Measurement group_row(Measurement row, const GroupPeak& group) {
  row.metric = Metric::cgroup;
  row.value = group.peak.count();
  row.counter = group.counter;
  row.slack = charge_slack().count();
  return row;
}

Measurement card_row(Measurement row, const CardPeak& card, const std::string& driver) {
  row.metric = Metric::device;
  row.value = card.peak.count();
  row.counter = card.counter;
  row.device = card.name;
  row.machine = row.machine.str() + "/" + card.uuid;
  if (!driver.empty()) row.versions["driver"] = driver;
  return row;
}

/// One run on several cards is one row, which adds them up; without such a statement each card has its own.
void add_card_rows(const Measurement& row, const WatchResult& result, std::vector<Measurement>& rows) {
  if (row.devices == 1 || result.cards.empty()) {
    for (const CardPeak& card : result.cards) rows.push_back(card_row(row, card, result.driver));
    return;
  }
  CardPeak sum = result.cards.front();
  sum.peak = Bytes{};
  for (const CardPeak& card : result.cards) sum.peak += card.peak;
  sum.counter += fmt::format(", sum of {} cards", result.cards.size());
  rows.push_back(card_row(row, sum, result.driver));
}

}  // namespace

std::vector<Measurement> watch_rows(const Measurement& asked, const std::string& program,
                                    const WatchResult& result) {
  Measurement row = asked;
  row.source = fmt::format("{} watching {}", row.source, program);
  row.wall_milliseconds = result.wall_milliseconds;
  const Verdict end = verdict(result);
  row.outcome = end.outcome;
  row.reason = end.reason;
  Measurement on_host = row;  // whatever the cards are, the host is one
  on_host.devices = 1;
  on_host.split = Split::none;
  std::vector<Measurement> rows = {resident_row(on_host, result)};
  if (result.group) rows.push_back(group_row(on_host, *result.group));
  add_card_rows(row, result, rows);
  return rows;
}

std::string why_not_started(const WatchResult& result) {
  return result.end.exec_error != 0 ? ::strerror(result.end.exec_error) : "";
}

}  // namespace calibram
