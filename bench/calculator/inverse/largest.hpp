// SPDX-License-Identifier: MIT
// The largest number up to which all numbers hold, where nothing need promise that larger ones are harder.
#pragma once

#include "src/core/ordered_work.hpp"

#include <cstdint>
#include <functional>
#include <limits>

namespace calibram {

/// Whether a number holds. Of one thread.
using Holds = std::function<bool(std::int64_t)>;

/// What is searched among 1, 2, … limit.
struct LargestSearch {
  std::int64_t limit = 0;
  std::function<Holds()> make_holds;  ///< called by several threads at once; all that it makes say the same
  /// Proved: of this number and all above it, where one does not hold, no larger one does.
  std::int64_t monotone_from = std::numeric_limits<std::int64_t>::max();
  Holds is_proved_up_to{};  ///< true: proved that this number and all below it hold; empty for no proof
};

/// The largest n of which 1, 2, … n all hold; 0 where 1 does not. @throws what `holds` throws
std::int64_t largest_holding(const LargestSearch& search, unsigned threads = machine_threads());

}  // namespace calibram
