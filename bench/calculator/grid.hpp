// SPDX-License-Identifier: MIT
// Capacity planning in bulk: every combination of models, formats, batches, contexts and cards, as CSV.
#pragma once

#include "bench/calculator/calculator.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

struct Grid {
  std::vector<Question> questions;  ///< of their workloads `generate` alone counts
  std::vector<std::int64_t> batches;
  std::vector<std::int64_t> contexts;  ///< tokens of a sequence, those that are generated among them
  std::vector<Capacity> capacities;    ///< none: each answer is one point, held against nothing

  /// How many rows it has. @throws InputError where no integer counts them
  std::int64_t points() const;
};

/// Rows of a grid, ready to be written.
struct GridRows {
  std::string text;
  std::int64_t points = 0;
};

/// The header line of a grid's CSV, with its line end.
std::string grid_header();

/// Asks every point, and hands on the rows in the order of the grid: question, batch, context, capacity.
/// A point that cannot be answered is a row with the reason. In memory that does not grow with the grid; the
/// rows are the same for any number of threads.
void ask_grid(const Grid& grid, const Calculator& calculator, unsigned threads,
              const std::function<void(const GridRows&)>& take);

}  // namespace calibram
