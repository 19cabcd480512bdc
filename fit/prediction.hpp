// SPDX-License-Identifier: MIT
// What a fit predicts for terms that theory counted, with its interval.
#pragma once

#include "fit/calibration.hpp"
#include "fit/estimator.hpp"

#include <optional>
#include <span>

namespace calibram {

struct Prediction {
  Bytes total;
  TermBytes terms;                   ///< theory's times their coefficients, and the measured constant
  std::vector<Bytes> devices;        ///< sums to the total
  std::optional<Interval> interval;  ///< none where the fit has no error model
  /// Of the predictive distribution, as far as it is known; Student's t has models - 1 degrees of freedom.
  Spread spread;
};

/// 95 % of a Student t about the total, and its one-sided 99 % bound. Memory is never less than nothing.
Interval interval_about(double total, double deviation, int degrees);

/// Predicts a run from theory's terms of each device. The constant is there once per device.
Prediction predict(const Fit& fit, std::span<const TermBytes> devices);

/// The same for one device.
Prediction predict(const Fit& fit, const TermBytes& terms);

/// What a fit expects of a row, and how far one scatters about it, its own resolution included.
struct Expected {
  double total_bytes = 0, deviation_bytes = 0;
};
Expected expect(const Fit& fit, const Observation& row);

}  // namespace calibram
