// SPDX-License-Identifier: MIT
// Weighted linear least squares by column-scaled, pivoted QR, with the statistics of its solution.
#pragma once

#include <Eigen/Core>

#include <string>
#include <vector>

namespace calibram {

/// A regression problem: y = X b + e, row i with variance `variances[i]`, rows of one cluster correlated.
struct Regression {
  Eigen::MatrixXd design;          ///< rows x columns
  Eigen::VectorXd response;        ///< rows
  Eigen::VectorXd variances;       ///< rows, positive; empty: all equal to 1
  std::vector<int> clusters;       ///< cluster of each row; empty: every row its own
  std::vector<std::string> names;  ///< of the columns, for messages; empty: "column 1", ...
  bool has_constant = false;       ///< a column of ones is there: R2 is about the mean
};

/// What a regression says. A number that the data do not determine is NaN: coefficients of collinear
/// columns, errors without degrees of freedom, robust errors of a single cluster.
struct Solution {
  Eigen::VectorXd coefficients;
  Eigen::VectorXd standard_errors;     ///< classical
  Eigen::VectorXd robust_errors;       ///< cluster-robust (CR1); equal to the classical ones without clusters
  Eigen::MatrixXd covariance;          ///< of the robust errors where there are clusters
  Eigen::MatrixXd known_covariance;    ///< if `variances` are the true ones, not true up to a factor
  Eigen::VectorXd variance_inflation;  ///< VIF per column; 1 for the constant
  Eigen::VectorXd residuals;           ///< y - X b, not weighted
  double residual_deviation = 0;       ///< sqrt(weighted residual sum of squares / degrees of freedom)
  double r_squared = 0;                ///< weighted; about zero when there is no constant
  double condition_number = 0;         ///< of the column-scaled weighted design; infinite when collinear
  int rank = 0;
  int degrees_of_freedom = 0;
  /// Columns that the others determine, every member of each dependency; their coefficients are not fitted.
  std::vector<std::string> collinear;
};

/// Solves the regression. @throws InputError when there are fewer rows than columns, sizes do not agree, a
/// number is not finite, a variance not positive, or no column is the constant that was promised
Solution solve(const Regression& regression);

}  // namespace calibram
