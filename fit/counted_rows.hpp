// SPDX-License-Identifier: MIT
// What theory says of the rows of a list: each configuration is counted once, however often it was measured.
#pragma once

#include "src/core/ordered_work.hpp"
#include "src/engine/measurement.hpp"
#include "src/engine/term.hpp"

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace calibram {

/// Of all rows of one configuration.
struct Counted {
  TermBytes terms;     ///< theory's; of several devices their mean
  std::string reason;  ///< why these rows cannot be observations of a fit; empty where they can
};

class CountedRows {
 public:
  /// @param rows  that `add` gets are of this list, which outlives this one
  explicit CountedRows(const std::vector<Measurement>& rows) : rows_{rows} {}

  void add(std::size_t row);

  /// Counts what was added. The result is the same for any number of threads.
  void count(ModelLibrary& models, unsigned threads = machine_threads());

  const Counted& of(std::size_t row) const { return counted_[numbers_[row]]; }

 private:
  struct Hash {
    std::size_t operator()(const Measurement* row) const;
  };
  /// Model paths are relative to the row's file.
  struct Equal {
    bool operator()(const Measurement* a, const Measurement* b) const {
      return same_configuration(*a, *b) && a->file == b->file;
    }
  };

  const std::vector<Measurement>& rows_;
  std::unordered_map<const Measurement*, std::size_t, Hash, Equal> known_;
  std::vector<const Measurement*> configurations_;  ///< the first row of each
  std::vector<std::size_t> numbers_;                ///< each row's configuration
  std::vector<Counted> counted_;                    ///< by configuration
};

}  // namespace calibram
