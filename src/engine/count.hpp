// SPDX-License-Identifier: MIT
// Theory: runs the decoder pass on nothing and reports what would be alive at its peak.
#pragma once

#include "src/engine/allocators/rounding.hpp"
#include "src/engine/question.hpp"
#include "src/engine/term.hpp"

#include <vector>

namespace calibram {

/// The stages of a run, in order. A peak belongs to one of them.
enum class Phase : unsigned char { load, reserve, prefill, first_decode, last_decode };
inline constexpr std::size_t phase_count = 5;
inline constexpr std::array<std::string_view, phase_count> phase_names = {"load", "reserve", "prefill",
                                                                          "first_decode", "last_decode"};

/// The runtime of a question; of a bare size, which no engine runs, as of a Llama. @throws InputError as
/// resolve_runtime
Runtime runtime_of(const Question& question);

/// What one device holds at the instant of its peak, and the peak of every phase.
struct DeviceCount {
  TermBytes at_peak;  ///< rounded bytes by term at the peak
  Bytes total;        ///< their sum
  Bytes requested;    ///< the same instant before rounding
  Phase phase = Phase::load;
  bool is_host = false;  ///< the host's part of a run that is spread over cards and the host
  std::array<Bytes, phase_count> phase_peaks{};
  /// How often a simulated caching allocator found the card full and gave back what it held for reuse.
  std::int64_t allocator_retries = 0;
};

struct Count {
  Bytes total;                       ///< the sum of the terms
  TermBytes terms;                   ///< summed over devices, each at its own peak
  Bytes requested;                   ///< summed likewise, before rounding
  std::vector<DeviceCount> devices;  ///< one per device, never empty
};

/// The sums over devices, each at its own peak.
Count sum_of(std::vector<DeviceCount> devices);

/// @throws InputError when the model, formats, runtime and workload do not go together
void validate_countable(const Question& question, const Runtime& runtime);

/// Counts a run. The rounding follows from the metric: `allocated` from the runtime's allocator, `rss` and
/// `device` from the pages of the memory.
/// @throws InputError as validate_countable
Count count(const Question& question, const Runtime& runtime);

}  // namespace calibram
