// SPDX-License-Identifier: MIT
// Turns the readings of a card into a row's ledger.
#include "bench/sweep/card_ledger.hpp"

#include "src/core/error.hpp"
#include "src/engine/allocators/rounding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

namespace calibram {
namespace {

/// What a run may keep after its last tensor is freed.
constexpr Bytes card_leak_tolerance{device_page_bytes};

/// More than this is no page here or there: somebody else's memory, or a bug.
constexpr Bytes unaccounted_limit{16 << 20};

/// A peak above this share of the card says how much fits, not how much is needed.
constexpr double full_share = 0.98;

/// The readings that the ledger is made of.
struct CardReadings {
  explicit CardReadings(const ChildReport& report)
      : context{required_stage(report, "context")},
        handles{required_stage(report, "handles")},
        warm_up{required_stage(report, "warm_up")},
        kv{required_stage(report, "kv")},
        decode{required_stage(report, "decode")},
        freed{required_stage(report, "freed")} {}

  const StageReading &context, &handles, &warm_up, &kv, &decode, &freed;
};

Bytes beside_tensors(const StageReading& reading) { return reading.used - reading.held; }

Bytes magnitude(Bytes size) { return std::max(size, Bytes{} - size); }

/// The card before the process began, in the terms of cudaMemGetInfo, which nobody could ask then: NVML's
/// figure of that time, less the constant by which the two differ. Absent without NVML.
std::optional<Bytes> before_process(const ChildReport& report, const CardReadings& at) {
  if (!report.nvml.before || !at.context.nvml) return std::nullopt;
  return *report.nvml.before - (*at.context.nvml - at.context.used);
}

/// Of what came late, that which was there at the peak.
Bytes late_at_peak(const ChildReport& report, const CardReadings& at, Bytes late) {
  const Bytes growth = report.card.peak - report.rounded - beside_tensors(at.kv);
  return std::clamp(growth, Bytes{}, std::max(late, Bytes{}));
}

/// An absent number for what another process made negative: it counts nothing of ours.
std::optional<std::int64_t> count_or_absent(Bytes size) {
  return size < Bytes{} ? std::nullopt : std::optional{size.count()};
}

std::string loading_conflict(const ChildReport& report, const Measurement& row) {
  const auto wanted = row.options.find("module_loading");
  const std::string& found = report.card.loading_mode;
  if (wanted == row.options.end() || found.empty() || found == wanted->second) return {};
  return fmt::format("modules were loaded in mode {}", found);
}

std::string disturbance(const ChildReport& report) {
  const NvmlWitness& nvml = report.nvml;
  if (!nvml.before || nvml.after == nvml.before) return {};
  if (!nvml.after) return "NVML did not answer after the run, so nobody knows who else used the card";
  return fmt::format("another process changed the card's memory: {} before the run, {} after it",
                     mib_text(*nvml.before), mib_text(*nvml.after));
}

std::string leak(const CardReadings& at, Bytes late) {
  const Bytes kept = at.freed.used - at.warm_up.used - std::max(late, Bytes{});
  if (magnitude(kept) <= card_leak_tolerance) return {};
  return kept > Bytes{} ? fmt::format("{} were not given back after the last tensor", mib_text(kept))
                        : fmt::format("{} that were there before the tensors were gone after them",
                                      mib_text(Bytes{} - kept));
}

/// Why a complete report is not a measurement after all; empty if it is one.
std::string rejection(const ChildReport& report, const CardReadings& at, const Measurement& row) {
  if (std::string reason = disturbance(report); !reason.empty()) return reason;
  if (report.card.pool_used > Bytes{})
    return fmt::format("{} were taken from the pool of cudaMallocAsync, which nothing here uses",
                       mib_text(report.card.pool_used));
  if (std::string reason = loading_conflict(report, row); !reason.empty()) return reason;
  if (!row.value || !row.fixed) return "another process gave memory back during the run";
  if (std::string reason = leak(at, Bytes{*row.late}); !reason.empty()) return reason;
  if (const Bytes unaccounted{*row.unaccounted}; magnitude(unaccounted) > unaccounted_limit)
    return fmt::format("{} are unaccounted for: another process came or went", mib_text(unaccounted));
  return {};
}

void judge(const ChildReport& report, const CardReadings& at, Measurement& row) {
  const CardEnd& card = report.card;
  row.reason = rejection(report, at, row);
  if (!row.reason.empty()) {
    row.outcome = "rejected";
  } else if (static_cast<double>(card.peak.count()) > full_share * static_cast<double>(card.total.count())) {
    row.outcome = "near_full";
    row.reason =
        fmt::format("{} of {} were left at the peak", gib_text(card.total - card.peak), gib_text(card.total));
  }
}

}  // namespace

void enter_card_ledger(const ChildReport& report, Measurement& row) {
  const CardReadings at{report};
  const std::optional<Bytes> before = before_process(report, at);
  const Bytes zero = before.value_or(at.context.used);
  const Bytes late = beside_tensors(at.decode) - beside_tensors(at.kv);
  const Bytes driver = report.card.peak - at.warm_up.used;
  row.value = count_or_absent(report.card.peak - zero);
  row.fixed = count_or_absent(at.warm_up.used - zero);
  if (before) row.cuda_context = (at.context.used - zero).count();
  row.handles = (at.handles.used - at.context.used).count();
  row.modules = (at.warm_up.used - at.handles.used).count();
  row.late = late.count();
  row.requested = report.requested.count();
  row.rounded = report.rounded.count();
  row.driver = driver.count();
  row.unaccounted = (driver - report.rounded - late_at_peak(report, at, late)).count();
  row.counter = before ? "cudaMemGetInfo above NVML's reading before the process"
                       : "cudaMemGetInfo above the context (no NVML)";
  judge(report, at, row);
}

}  // namespace calibram
