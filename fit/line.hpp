// SPDX-License-Identifier: MIT
// A straight line through measured points: memory against context length.
#pragma once

#include <vector>

namespace calibram {

struct Line {
  double intercept = 0;
  double slope = 0;
};

/// Least squares. @throws InputError with fewer than two different x
Line fit_line(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace calibram
