// SPDX-License-Identifier: MIT
// Configurations of two lists of rows: which are in both, in one alone, and which end otherwise now.
#pragma once

#include "src/engine/measurement.hpp"

#include <cstddef>
#include <limits>
#include <vector>

namespace calibram {

/// The values that one configuration was measured with, as their number, mean and scatter.
class Repeats {
 public:
  void add(double value);

  int count() const { return count_; }
  double mean() const { return first_ + sum_ / count_; }
  /// Sum of squares about the mean.
  double squares() const { return squares_ - sum_ * sum_ / count_; }

 private:
  int count_ = 0;
  double first_ = 0, sum_ = 0, squares_ = 0;  ///< of differences from the first: bytes squared lose digits
};

/// What of a row is compared: all of it, or what its process held before and after it had its weights.
enum class Part : unsigned char { whole, fixed, after_fixed };

/// One configuration of the baseline.
struct OldConfiguration {
  std::size_t row = 0;         ///< its first row that was measured, else its first one
  Repeats values;              ///< of rows without an outcome
  Repeats fixed, after_fixed;  ///< the parts of those that say how much was fixed
  bool is_in_new = false;

  const Repeats& of(Part part) const {
    return part == Part::whole ? values : part == Part::fixed ? fixed : after_fixed;
  }
};

/// A configuration that ended otherwise than before.
struct OutcomeChange {
  std::size_t row = 0, old_row = 0;  ///< the first fresh row that ended so, and a row of the baseline
  bool is_failure = false;           ///< what worked ran out of memory, was killed or failed
};

struct OutcomeChanges {
  std::vector<OutcomeChange> changed;
  std::vector<std::size_t> missing;  ///< rows of the baseline whose configuration was not measured again
  std::vector<std::size_t> added;    ///< fresh rows whose configuration the baseline has not
  std::vector<std::size_t> other_counter;  ///< fresh rows whose value another counter gave

  bool has_failures() const;
};

/// Two lists of rows, configuration by configuration.
struct Pairing {
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  std::vector<OldConfiguration> configurations;
  std::vector<std::size_t> configuration_of;  ///< of each fresh row whose value can be compared; else `none`
  OutcomeChanges outcomes;
};

/// Pairs rows of the same configuration. In time and memory that grow with the rows alone.
Pairing pair_rows(const std::vector<Measurement>& rows, const std::vector<Measurement>& old_rows);

}  // namespace calibram
