// SPDX-License-Identifier: MIT
// The fit with the theory prior: rows of one model share an offset, and what the data leave open stays at 1.
#pragma once

#include "fit/calibration.hpp"

#include <Eigen/Core>

namespace calibram {

/// Rows divided by their standard deviation: columns are the terms, then the constant.
struct StandardRows {
  Eigen::MatrixXd design;
  Eigen::VectorXd response;
  Eigen::VectorXd deviations;  ///< what the rows were divided by, in bytes
  std::vector<int> models;     ///< of each row, from 0
  int model_count = 0;
};

/// The model of each row, by number in the order of first occurrence.
std::vector<int> model_numbers(const std::vector<Observation>& observations);

/// Variance of one row by the noise model.
double row_variance(const Observation& observation, const NoiseModel& noise);

StandardRows standardised(const std::vector<Observation>& observations, const NoiseModel& noise);

/// Estimates the variance components, then the coefficients under them.
PriorFit fit_with_prior(const StandardRows& rows);

/// What the rows alone say, without the theory prior, under given variance components. Coefficients of
/// columns that they do not determine are NaN.
struct RowsAlone {
  Eigen::VectorXd coefficients;  ///< in the order of the columns
  Eigen::MatrixXd covariance;
};
RowsAlone solve_without_prior(const StandardRows& rows, double within, double between);

/// Predicts each model from a fit to the others, under the components of the whole fit.
LeaveOneModelOut leave_models_out(const StandardRows& rows, const PriorFit& fit);

}  // namespace calibram
