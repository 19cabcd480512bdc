// SPDX-License-Identifier: MIT
// Generalised least squares with one random offset per model, and the estimate of its variance.
#include "fit/mixed_model.hpp"

#include "fit/condensed.hpp"
#include "fit/least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>

namespace calibram {
namespace {

using Eigen::Index;

constexpr Index columns = static_cast<Index>(term_count);
constexpr int nobody = -1;

// Residuals a tenth of the declared deviation are luck or a coarse counter, not less noise.
constexpr double least_within = 0.01;

struct Components {
  double within = 1, between = 0;
};

struct Coefficients {
  Eigen::VectorXd values;
  Eigen::MatrixXd covariance;
};

struct ModelMean {
  Eigen::RowVectorXd design = Eigen::RowVectorXd::Zero(columns);
  double response = 0;
  double rows = 0;
};

std::vector<ModelMean> means_of(const StandardRows& rows) {
  std::vector<ModelMean> means(static_cast<std::size_t>(rows.model_count));
  for (Index i = 0; i < rows.response.size(); ++i) {
    ModelMean& mean = means[static_cast<std::size_t>(rows.models[static_cast<std::size_t>(i)])];
    mean.design += rows.design.row(i);
    mean.response += rows.response(i);
    mean.rows += 1;
  }
  for (ModelMean& mean : means) mean.design /= mean.rows, mean.response /= mean.rows;
  return means;
}

/// Appends c_t ~ N(1, deviation^2) for every term; the constant has no prior, it is measured.
void append_priors(Regression& regression, Index first) {
  for (std::size_t t = 0; t < fitted_term_count; ++t) {
    const Index row = first + static_cast<Index>(t);
    regression.design(row, static_cast<Index>(t)) = 1 / term_priors[t].deviation;
    regression.response(row) = 1 / term_priors[t].deviation;
  }
}

/// The rows of all models but one, made independent. Rows whose covariance is within * I + between * 1 1'
/// become so when a share of their model's mean is taken off. @param spare  rows left empty at the end
Regression decorrelated(const StandardRows& rows, const Components& components, int left_out, Index spare) {
  const std::vector<ModelMean> means = means_of(rows);
  Regression regression;
  regression.design.setZero(rows.response.size() + spare, columns);
  regression.response.setZero(regression.design.rows());
  Index next = 0;
  for (Index i = 0; i < rows.response.size(); ++i) {
    const int model = rows.models[static_cast<std::size_t>(i)];
    if (model == left_out) continue;
    const ModelMean& mean = means[static_cast<std::size_t>(model)];
    const double share =
        1 - std::sqrt(components.within / (components.within + mean.rows * components.between));
    const double scale = 1 / std::sqrt(components.within);
    regression.design.row(next) = (rows.design.row(i) - share * mean.design) * scale;
    regression.response(next++) = (rows.response(i) - share * mean.response) * scale;
  }
  regression.design.conservativeResize(next + spare, Eigen::NoChange);
  regression.response.conservativeResize(next + spare);
  return regression;
}

/// Solves under given components and the theory prior, without the rows of one model.
Coefficients solve_under(const StandardRows& rows, const Components& components, int left_out) {
  constexpr auto priors = static_cast<Index>(fitted_term_count);
  Regression regression = decorrelated(rows, components, left_out, priors);
  append_priors(regression, regression.design.rows() - priors);
  const Solution solution = solve(regression);
  return {solution.coefficients, solution.known_covariance};
}

/// Variance of rows about their model's mean, pooled; 1 when there are too few rows to tell. The coefficients
/// come from within models only, so that no offset leaks into it.
double within_variance(const StandardRows& rows) {
  constexpr Components free_offsets = {1, 1e6};
  const Eigen::VectorXd residuals =
      rows.response - rows.design * solve_under(rows, free_offsets, nobody).values;
  std::vector<double> sums(static_cast<std::size_t>(rows.model_count)), counts(sums.size());
  for (Index i = 0; i < residuals.size(); ++i) {
    const auto model = static_cast<std::size_t>(rows.models[static_cast<std::size_t>(i)]);
    sums[model] += residuals(i), counts[model] += 1;
  }
  double squares = residuals.squaredNorm();
  for (std::size_t m = 0; m < sums.size(); ++m) squares -= sums[m] * sums[m] / counts[m];
  const auto present = (rows.design.colwise().squaredNorm().array() > 0).count() - 1;
  const double free_rows = static_cast<double>(residuals.size() - rows.model_count - present);
  return free_rows > 0 ? std::max(squares / free_rows, least_within) : 1;
}

/// Mean over models of (error of the model's mean when left out)^2 / its expected variance; 1 when the
/// components explain the errors.
double left_out_chi_square(const StandardRows& rows, const Components& components) {
  double sum = 0;
  const std::vector<ModelMean> means = means_of(rows);
  for (int m = 0; m < rows.model_count; ++m) {
    const Coefficients others = solve_under(rows, components, m);
    const ModelMean& mean = means[static_cast<std::size_t>(m)];
    const double error = mean.response - mean.design * others.values;
    const double leverage = mean.design * others.covariance * mean.design.transpose();
    sum += error * error / (components.between + components.within / mean.rows + leverage);
  }
  return sum / rows.model_count;
}

/// The between-model variance under which left-out models err as much as expected (the idea of Paule and
/// Mandel, J. Res. NBS 87, 1982).
double between_variance(const StandardRows& rows, double within) {
  constexpr int steps = 10;            // over twelve decades: to 3 %, far below what few models can tell
  if (rows.model_count < 3) return 0;  // nothing to see it by
  if (left_out_chi_square(rows, {within, 0}) <= 1) return 0;
  double low = std::log10(within) - 4, high = low + 12;
  for (int step = 0; step < steps; ++step) {
    const double middle = (low + high) / 2;
    (left_out_chi_square(rows, {within, std::pow(10, middle)}) > 1 ? low : high) = middle;
  }
  return std::pow(10, (low + high) / 2);
}

}  // namespace

double row_variance(const Observation& observation, const NoiseModel& noise) {
  const double predicted = static_cast<double>(fitted_bytes(observation.terms).count());
  const double relative = noise.relative * predicted, resolution = observation.resolution_bytes;
  return noise.page_bytes * noise.page_bytes + relative * relative + resolution * resolution / 3;
}

std::vector<int> model_numbers(const std::vector<Observation>& observations) {
  std::map<std::string_view, int> numbers;
  std::vector<int> result;
  for (const Observation& observation : observations)
    result.push_back(numbers.try_emplace(observation.model, static_cast<int>(numbers.size())).first->second);
  return result;
}

StandardRows standardised(const std::vector<Observation>& observations, const NoiseModel& noise) {
  StandardRows rows;
  const auto count = static_cast<Index>(observations.size());
  rows.design.resize(count, columns);
  rows.response.resize(count);
  rows.deviations.resize(count);
  rows.models = model_numbers(observations);
  rows.model_count = 1 + *std::max_element(rows.models.begin(), rows.models.end());
  for (Index i = 0; i < count; ++i) {
    const Observation& observation = observations[static_cast<std::size_t>(i)];
    const double deviation = std::sqrt(row_variance(observation, noise));
    for (std::size_t t = 0; t < fitted_term_count; ++t)
      rows.design(i, static_cast<Index>(t)) =
          static_cast<double>(observation.terms[static_cast<Term>(t)].count()) / deviation;
    rows.design(i, columns - 1) = 1 / deviation;
    rows.response(i) = observation.measured_bytes / deviation;
    rows.deviations(i) = deviation;
  }
  return rows;
}

PriorFit fit_with_prior(const StandardRows& rows) {
  PriorFit fit;
  fit.within = within_variance(rows);
  fit.between = between_variance(rows, fit.within);
  const Coefficients all = solve_under(rows, {fit.within, fit.between}, nobody);
  for (std::size_t a = 0; a < term_count; ++a) {
    fit.coefficients[a] = all.values(static_cast<Index>(a));
    for (std::size_t b = 0; b < term_count; ++b)
      fit.covariance[a][b] = all.covariance(static_cast<Index>(a), static_cast<Index>(b));
  }
  return fit;
}

RowsAlone solve_without_prior(const StandardRows& rows, double within, double between) {
  const Regression all = decorrelated(rows, {within, between}, nobody, 0);
  // A column of zeros is a term that the rows do not have.
  std::vector<Index> present;
  for (Index c = 0; c < columns; ++c)
    if (all.design.col(c).squaredNorm() > 0) present.push_back(c);
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  RowsAlone result{Eigen::VectorXd::Constant(columns, unknown),
                   Eigen::MatrixXd::Constant(columns, columns, unknown)};
  if (all.design.rows() < static_cast<Index>(present.size())) return result;
  Regression regression;
  regression.design = all.design(Eigen::all, present);
  regression.response = all.response;
  const Solution solution = solve(condensed(regression));
  result.coefficients(present) = solution.coefficients;
  result.covariance(present, present) = solution.known_covariance;
  return result;
}

LeaveOneModelOut leave_models_out(const StandardRows& rows, const PriorFit& fit) {
  LeaveOneModelOut result;
  if (rows.model_count < 3) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    return {unknown, unknown, unknown};
  }
  for (int m = 0; m < rows.model_count; ++m) {
    const Coefficients others = solve_under(rows, {fit.within, fit.between}, m);
    double sum_abs = 0, sum_signed = 0, count = 0;
    for (Index i = 0; i < rows.response.size(); ++i) {
      if (rows.models[static_cast<std::size_t>(i)] != m) continue;
      const double error = rows.design.row(i).dot(others.values) / rows.response(i) - 1;
      sum_abs += std::abs(error), sum_signed += error, count += 1;
      result.max_abs = std::max(result.max_abs, std::abs(error));
    }
    result.mean_abs += sum_abs / count / rows.model_count;
    result.mean_signed += sum_signed / count / rows.model_count;
  }
  return result;
}

}  // namespace calibram
