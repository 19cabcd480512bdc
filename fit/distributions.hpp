// SPDX-License-Identifier: MIT
// The two things that are asked of Student's t: a quantile, and how surprising a coefficient is.
#pragma once

namespace calibram {

/// The value that a t variable of `degrees` (positive) degrees of freedom stays below with this probability.
double student_quantile(double probability, int degrees);

/// Two-sided p-value of a t value: how often chance alone is this far from 0.
double student_p(double value, int degrees);

/// Two-sided p-value of "the coefficient is 1". 1 when it is 1 to rounding, whatever the error, which is then
/// rounding too; NaN when the error is not known.
double p_equals_one(double coefficient, double std_error, int degrees);

}  // namespace calibram
