// SPDX-License-Identifier: MIT
// A regression of a million rows made one of a few, with the same solution.
#pragma once

#include "fit/least_squares.hpp"

namespace calibram {

/// The triangle that orthogonal transformations make of the weighted rows: at most columns + 1 rows of weight
/// 1, with the same coefficients, residual sum of squares, `known_covariance` and collinear columns. What a
/// row alone says, residuals, clusters and the errors that rest on them, is gone. Linear in the rows.
Regression condensed(const Regression& regression);

}  // namespace calibram
