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
  std::vector<std::string> names;  ///< of the columns, for messages
  bool has_constant = false;       ///< a column of ones is there: R2 is about the mean
};

struct Solution {
  Eigen::VectorXd coefficients;
  Eigen::VectorXd standard_errors;     ///< classical
  Eigen::VectorXd robust_errors;       ///< cluster-robust; equal to the classical ones without clusters
  Eigen::MatrixXd covariance;          ///< of the robust errors where there are clusters
  Eigen::VectorXd variance_inflation;  ///< VIF per column
  Eigen::VectorXd residuals;           ///< y - X b, not weighted
  double residual_deviation = 0;       ///< sqrt(weighted residual sum of squares / degrees of freedom)
  double r_squared = 0;
  double condition_number = 0;  ///< of the column-scaled weighted design
  int rank = 0;
  int degrees_of_freedom = 0;
  std::vector<std::string>
      collinear;  ///< columns that the others determine; their coefficients are not fitted
};

/// Solves the regression. @throws InputError when there are fewer rows than columns or a number is not finite
Solution solve(const Regression& regression);

}  // namespace calibram
