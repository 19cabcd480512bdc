// SPDX-License-Identifier: MIT
// The factorisation behind a regression, and what follows from it.
#include "fit/least_squares.hpp"

#include "src/core/error.hpp"

#include <Eigen/QR>
#include <Eigen/SVD>

#include <cmath>
#include <limits>
#include <map>

namespace calibram {
namespace {

// Extended precision costs nothing at these sizes and gains three digits on ill-conditioned designs.
using Real = long double;
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using Vector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;
using Eigen::Index;

constexpr double not_fitted = std::numeric_limits<double>::quiet_NaN();

// A pivot this small is rounding of the design, whose entries carry 53 bits: NIST's Filip, the worst design
// that is still meant to be solved, has 1e-9.
constexpr Real rank_threshold = 1e-13L;

// A column takes part in a dependency when its share, both columns scaled to length 1, is above this.
constexpr Real dependency_threshold = 1e-6L;

void check_sizes(const Regression& regression) {
  const Index rows = regression.design.rows(), columns = regression.design.cols();
  const auto agrees = [](std::size_t size, Index expected) {
    return size == 0 || size == static_cast<std::size_t>(expected);
  };
  if (columns == 0 || regression.response.size() != rows ||
      !agrees(static_cast<std::size_t>(regression.variances.size()), rows) ||
      !agrees(regression.clusters.size(), rows) || !agrees(regression.names.size(), columns))
    throw InputError{"the parts of a regression do not fit together",
                     std::to_string(rows) + " rows of " + std::to_string(columns) + " columns",
                     "give every row a response, and every column a name"};
  if (rows < columns)
    throw InputError{"cannot fit " + std::to_string(columns) + " coefficients",
                     "only " + std::to_string(rows) + " rows", "measure more configurations"};
}

void check_values(const Regression& regression) {
  if (!regression.design.allFinite() || !regression.response.allFinite())
    throw InputError{"cannot fit these rows", "a number is infinite or not a number", "remove the row"};
  if (!regression.variances.allFinite() || (regression.variances.array() <= 0).any())
    throw InputError{"cannot weight these rows", "a variance is not a positive number",
                     "declare a noise above zero"};
}

/// The column of ones (or of any other constant). @throws InputError when there is none
Index constant_column(const Regression& regression) {
  for (Index j = 0; j < regression.design.cols(); ++j) {
    const auto column = regression.design.col(j).array();
    if (column(0) != 0 && (column == column(0)).all()) return j;
  }
  throw InputError{"the regression has no constant", "no column of its design is the same in all rows",
                   "add a column of ones"};
}

std::string column_name(const Regression& regression, Index column) {
  return regression.names.empty() ? "column " + std::to_string(column + 1)
                                  : regression.names[static_cast<std::size_t>(column)];
}

/// The weighted design with columns of length 1, factorised, and what its leading `rank` columns determine.
struct Factorisation {
  Vector root_weights;  ///< 1 / standard deviation of each row
  Matrix weighted;      ///< rows x columns, not scaled
  Vector lengths;       ///< of the weighted columns; 1 for a column of zeros
  Eigen::ColPivHouseholderQR<Matrix> qr;
  Index rank = 0;
  std::vector<Index> kept;         ///< the `rank` columns that carry the fit, in pivot order
  std::vector<bool> undetermined;  ///< columns that take part in a dependency
  Matrix inverse;                  ///< of the leading triangle, rank x rank
};

/// Marks every column of each linear dependency: a dropped one, and those that add up to it.
void mark_dependencies(Factorisation& f) {
  const auto& permutation = f.qr.colsPermutation().indices();
  const Index columns = f.weighted.cols();
  f.undetermined.assign(static_cast<std::size_t>(columns), false);
  const Matrix shares = f.inverse * f.qr.matrixQR().topRightCorner(f.rank, columns - f.rank);
  for (Index dropped = f.rank; dropped < columns; ++dropped) {
    f.undetermined[static_cast<std::size_t>(permutation(dropped))] = true;
    for (Index k = 0; k < f.rank; ++k)
      if (std::abs(shares(k, dropped - f.rank)) > dependency_threshold)
        f.undetermined[static_cast<std::size_t>(permutation(k))] = true;
  }
}

Factorisation factorise(const Regression& regression) {
  Factorisation f;
  f.root_weights = Vector::Ones(regression.design.rows());
  if (regression.variances.size() > 0)
    f.root_weights = regression.variances.cast<Real>().cwiseSqrt().cwiseInverse();
  f.weighted = f.root_weights.asDiagonal() * regression.design.cast<Real>();
  f.lengths = f.weighted.colwise().norm().transpose();
  f.lengths = (f.lengths.array() > 0).select(f.lengths, Real{1});
  f.qr.setThreshold(rank_threshold);
  f.qr.compute(f.weighted * f.lengths.cwiseInverse().asDiagonal());
  f.rank = f.qr.rank();
  for (Index k = 0; k < f.rank; ++k) f.kept.push_back(f.qr.colsPermutation().indices()(k));
  f.inverse = f.qr.matrixQR()
                  .topLeftCorner(f.rank, f.rank)
                  .triangularView<Eigen::Upper>()
                  .solve(Matrix::Identity(f.rank, f.rank));
  mark_dependencies(f);
  return f;
}

/// Rows: how each kept coefficient (unscaled, in pivot order) answers to each weighted response.
Matrix influence_of(const Factorisation& f) {
  const Matrix q = f.qr.householderQ() * Matrix::Identity(f.weighted.rows(), f.rank);
  Matrix influence = f.inverse * q.transpose();
  for (Index k = 0; k < f.rank; ++k) influence.row(k) /= f.lengths(f.kept[static_cast<std::size_t>(k)]);
  return influence;
}

/// CR1: the outer products of what each cluster's residuals do to the coefficients.
Matrix clustered_covariance(const Regression& regression, const Matrix& influence,
                            const Vector& weighted_residuals) {
  std::map<int, Vector> shifts;
  for (Index i = 0; i < weighted_residuals.size(); ++i) {
    auto [shift, fresh] =
        shifts.try_emplace(regression.clusters[static_cast<std::size_t>(i)], Vector::Zero(influence.rows()));
    shift->second += influence.col(i) * weighted_residuals(i);
  }
  Matrix covariance = Matrix::Zero(influence.rows(), influence.rows());
  for (const auto& [cluster, shift] : shifts) covariance += shift * shift.transpose();
  const Real groups = static_cast<Real>(shifts.size()), rows = static_cast<Real>(weighted_residuals.size());
  const Real free_rows = rows - static_cast<Real>(influence.rows());
  // With one cluster or no free row the factor divides by zero: the error is unknown, not zero.
  if (shifts.size() < 2 || free_rows <= 0) return Matrix::Constant(influence.rows(), influence.rows(), NAN);
  return covariance * (groups / (groups - 1) * (rows - 1) / free_rows);
}

/// Spreads a matrix of the kept columns over all columns; NaN where a column is not fitted.
Eigen::MatrixXd spread(const Factorisation& f, const Matrix& kept) {
  const Index columns = f.weighted.cols();
  Eigen::MatrixXd all = Eigen::MatrixXd::Constant(columns, columns, not_fitted);
  for (Index a = 0; a < f.rank; ++a)
    for (Index b = 0; b < f.rank; ++b) {
      const Index row = f.kept[static_cast<std::size_t>(a)], column = f.kept[static_cast<std::size_t>(b)];
      if (!f.undetermined[static_cast<std::size_t>(row)] && !f.undetermined[static_cast<std::size_t>(column)])
        all(row, column) = static_cast<double>(kept(a, b));
    }
  return all;
}

/// How much the other columns inflate each variance: spread of the column times its own variance factor.
/// With a constant the spread is about the weighted mean.
Eigen::VectorXd inflation_of(const Regression& regression, const Factorisation& f,
                             const Eigen::MatrixXd& known_covariance) {
  Eigen::VectorXd inflation(f.weighted.cols());
  const Index constant = regression.has_constant ? constant_column(regression) : -1;
  for (Index j = 0; j < f.weighted.cols(); ++j) {
    Vector column = f.weighted.col(j);
    if (constant >= 0) {
      const auto ones = f.weighted.col(constant);
      column -= ones * (ones.dot(column) / ones.squaredNorm());
    }
    inflation(j) = j == constant ? 1.0 : static_cast<double>(column.squaredNorm()) * known_covariance(j, j);
  }
  return inflation;
}

double condition_of(const Factorisation& f) {
  if (f.rank < f.weighted.cols()) return std::numeric_limits<double>::infinity();
  const Matrix triangle = f.qr.matrixQR().topRows(f.rank).triangularView<Eigen::Upper>();
  const Vector values = Eigen::JacobiSVD<Matrix>(triangle).singularValues();
  return static_cast<double>(values(0) / values(values.size() - 1));
}

Real total_sum_of_squares(const Regression& regression, const Factorisation& f) {
  const Vector response = regression.response.cast<Real>();
  const Vector weights = f.root_weights.cwiseAbs2();
  const Real centre = regression.has_constant ? weights.dot(response) / weights.sum() : Real{0};
  return weights.dot((response.array() - centre).square().matrix());
}

void fill_coefficients(Solution& s, const Regression& regression, const Factorisation& f,
                       const Vector& fitted) {
  Vector all = Vector::Zero(regression.design.cols());
  for (Index k = 0; k < f.rank; ++k) all(f.kept[static_cast<std::size_t>(k)]) = fitted(k);
  s.residuals = (regression.response.cast<Real>() - regression.design.cast<Real>() * all).cast<double>();
  s.coefficients = all.cast<double>();
  for (Index j = 0; j < all.size(); ++j)
    if (f.undetermined[static_cast<std::size_t>(j)]) {
      s.coefficients(j) = not_fitted;
      s.collinear.push_back(column_name(regression, j));
    }
}

}  // namespace

Solution solve(const Regression& regression) {
  check_sizes(regression);
  check_values(regression);
  const Factorisation f = factorise(regression);
  const Matrix influence = influence_of(f);
  const Vector response = f.root_weights.cwiseProduct(regression.response.cast<Real>());

  Solution s;
  s.rank = static_cast<int>(f.rank);
  s.degrees_of_freedom = static_cast<int>(regression.design.rows() - f.rank);
  fill_coefficients(s, regression, f, influence * response);
  const Vector weighted_residuals = f.root_weights.cwiseProduct(s.residuals.cast<Real>());
  const Real square_sum = weighted_residuals.squaredNorm();
  const Real variance = s.degrees_of_freedom > 0 ? square_sum / s.degrees_of_freedom : Real{NAN};
  s.residual_deviation = static_cast<double>(std::sqrt(variance));
  s.r_squared = static_cast<double>(1 - square_sum / total_sum_of_squares(regression, f));
  s.condition_number = condition_of(f);

  const Matrix known = influence * influence.transpose();
  s.known_covariance = spread(f, known);
  const Eigen::MatrixXd classical = spread(f, known * variance);
  s.covariance = regression.clusters.empty()
                     ? classical
                     : spread(f, clustered_covariance(regression, influence, weighted_residuals));
  s.standard_errors = classical.diagonal().cwiseSqrt();
  s.robust_errors = s.covariance.diagonal().cwiseSqrt();
  s.variance_inflation = inflation_of(regression, f, s.known_covariance);
  return s;
}

}  // namespace calibram
