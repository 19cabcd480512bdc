// SPDX-License-Identifier: MIT
// The regression of differences on theory's terms, and the robust spread of rows.
#include "fit/differences.hpp"

#include "fit/condensed.hpp"
#include "fit/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace calibram {
namespace {

using Eigen::Index;

// Differences a tenth of what the counter allows are luck or a coarse counter, not less noise.
constexpr double least_scatter = 0.01;

// Fewer distances have no median to rely on.
constexpr std::size_t least_pairs = 8;

// A normal variable's standard deviation over the median of its distances from its median: 1 / Phi^-1(3/4).
constexpr double normal_over_median = 1.4826;

// What that estimate is worth, as a share of the degrees of freedom of a plain one (Rousseeuw and Croux, JASA
// 88, 1993).
constexpr double median_efficiency = 0.37;

// The normal quantile that Student's tends to.
constexpr int infinitely_many = 1'000'000;

/// The column of a term in a difference's design; the constant's is 1.
double entry(const Difference& difference, std::size_t term) {
  return term == index_of(Term::constant)
             ? 1
             : static_cast<double>(difference.terms[static_cast<Term>(term)].count());
}

/// The terms that some configuration has, the constant last.
std::vector<std::size_t> present_terms(const std::vector<Difference>& differences) {
  std::vector<std::size_t> present;
  for (std::size_t t = 0; t < term_count; ++t)
    if (std::any_of(differences.begin(), differences.end(),
                    [&](const Difference& difference) { return entry(difference, t) != 0; }))
      present.push_back(t);
  return present;
}

Regression regression_of(const std::vector<Difference>& differences, const std::vector<std::size_t>& terms) {
  Regression regression;
  const auto rows = static_cast<Index>(differences.size());
  regression.design.resize(rows, static_cast<Index>(terms.size()));
  regression.response.resize(rows);
  regression.variances.resize(rows);
  for (Index i = 0; i < rows; ++i) {
    const Difference& difference = differences[static_cast<std::size_t>(i)];
    for (std::size_t k = 0; k < terms.size(); ++k)
      regression.design(i, static_cast<Index>(k)) = entry(difference, terms[k]);
    regression.response(i) = difference.value();
    regression.variances(i) = difference.value_variance();
  }
  return regression;
}

/// What the residuals and the repeats say of the scatter, in units of the counter's variance.
struct Scatter {
  double squares = 0;
  int degrees = 0;

  double variance() const {
    return degrees > 0 ? std::max(squares / degrees, least_scatter)
                       : std::numeric_limits<double>::quiet_NaN();
  }
};

Scatter scatter_of(const std::vector<Difference>& differences, const Eigen::VectorXd& weighted_residuals,
                   Index columns) {
  Scatter scatter{weighted_residuals.squaredNorm(), static_cast<int>(weighted_residuals.size() - columns)};
  for (const Difference& difference : differences) {
    scatter.squares += (difference.now.squares() + difference.old_squares) / difference.variance;
    scatter.degrees += difference.now.count() + difference.old_count - 2;
  }
  return scatter;
}

/// Variances of coefficients if the differences of one model are correlated (CR1); NaN for a single model.
Eigen::VectorXd clustered_variances(const std::vector<Difference>& differences, const Regression& regression,
                                    const Eigen::VectorXd& residuals, const Eigen::MatrixXd& inverse) {
  std::map<std::string_view, Eigen::VectorXd> shifts;
  for (Index i = 0; i < residuals.size(); ++i)
    shifts.try_emplace(differences[static_cast<std::size_t>(i)].model, Eigen::VectorXd::Zero(inverse.cols()))
        .first->second += regression.design.row(i).transpose() * (residuals(i) / regression.variances(i));
  Eigen::VectorXd variances = Eigen::VectorXd::Zero(inverse.cols());
  for (const auto& [model, shift] : shifts) variances += (inverse * shift).cwiseAbs2();
  const auto models = static_cast<double>(shifts.size());
  return shifts.size() < 2 ? variances * std::numeric_limits<double>::quiet_NaN()
                           : Eigen::VectorXd(variances * (models / (models - 1)));
}

/// The changes of the given terms; none where the differences leave any open.
std::vector<CheckedTerm> fitted_changes(const std::vector<Difference>& differences,
                                        const std::vector<std::size_t>& terms, double shared_variance) {
  if (differences.size() < terms.size()) return {};
  const Regression regression = regression_of(differences, terms);
  const Solution solution = solve(condensed(regression));
  if (!solution.collinear.empty()) return {};
  const Eigen::VectorXd residuals = regression.response - regression.design * solution.coefficients;
  const Scatter scatter = scatter_of(differences, residuals.cwiseQuotient(regression.variances.cwiseSqrt()),
                                     regression.design.cols());
  const Eigen::VectorXd robust =
      clustered_variances(differences, regression, residuals, solution.known_covariance);
  std::vector<CheckedTerm> changes;
  for (std::size_t k = 0; k < terms.size(); ++k) {
    const auto column = static_cast<Index>(k);
    const double bytes = regression.design.col(column).mean();
    CheckedTerm term;
    term.term = term_names[terms[k]];
    term.expected = terms[k] == index_of(Term::constant) ? 0 : 1;
    term.coefficient = *term.expected + solution.coefficients(column);
    term.change_bytes = solution.coefficients(column) * bytes;
    const double classical = scatter.variance() * solution.known_covariance(column, column);
    // A NaN of the robust one means that it does not know; a classical one, that nothing is known.
    const double own = robust(column) > classical ? robust(column) : classical;
    const double shared = terms[k] == index_of(Term::constant) ? 2 * shared_variance : 0;  // old run, new run
    term.deviation_bytes = std::sqrt(own + shared) * bytes;
    term.degrees = std::max(scatter.degrees, 1);
    term.p_value = p_value_of(term);
    changes.push_back(term);
  }
  return changes;
}

double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::vector<CheckedTerm> changed_terms(const std::vector<Difference>& differences, bool counted,
                                       double shared_variance) {
  std::vector<CheckedTerm> changes;
  const std::vector<std::size_t> constant = {index_of(Term::constant)};
  const std::vector<std::size_t> present = counted ? present_terms(differences) : constant;
  if (present != constant) changes = fitted_changes(differences, present, shared_variance);
  if (!changes.empty() && std::isnan(changes.front().deviation_bytes)) changes.clear();
  CheckedTerm whole = fitted_changes(differences, constant, shared_variance).front();
  whole.term.clear();
  whole.coefficient = whole.expected = std::nullopt;
  changes.push_back(whole);
  return changes;
}

RowSpread spread_of(const std::vector<Difference>& differences, double confidence) {
  const double probability = (1 + confidence) / 2;
  const RowSpread counter{1, student_quantile(probability, infinitely_many)};
  if (differences.size() < least_pairs) return counter;
  std::vector<double> standardised;
  standardised.reserve(differences.size());
  for (const Difference& difference : differences)
    standardised.push_back(difference.value() / std::sqrt(difference.value_variance()));
  const double centre = median_of(standardised);
  for (double& value : standardised) value = std::abs(value - centre);
  const double scale = normal_over_median * median_of(standardised);
  if (scale <= 1) return counter;
  const auto degrees = static_cast<int>(median_efficiency * static_cast<double>(differences.size() - 1));
  return {scale, student_quantile(probability, std::max(degrees, 1))};
}

}  // namespace calibram
