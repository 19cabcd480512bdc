// SPDX-License-Identifier: MIT
// Takes away the farthest value again and again, and asks how many of those taken were too far.
#include "fit/outliers.hpp"

#include "fit/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace calibram {
namespace {

struct Moments {
  double mean, deviation;
};

Moments moments_of(std::span<const double> values, const std::vector<std::size_t>& kept) {
  const auto count = static_cast<double>(kept.size());
  double sum = 0, squares = 0;
  for (std::size_t i : kept) sum += values[i];
  for (std::size_t i : kept) squares += (values[i] - sum / count) * (values[i] - sum / count);
  return {sum / count, std::sqrt(squares / (count - 1))};
}

/// What the largest studentized deviate among `count` values exceeds with this probability.
double critical_deviate(std::size_t count, double significance) {
  const auto n = static_cast<double>(count);
  const double t = student_quantile(1 - significance / (2 * n), static_cast<int>(count) - 2);
  return (n - 1) * t / std::sqrt((n - 2 + t * t) * n);
}

}  // namespace

std::vector<std::size_t> find_outliers(std::span<const double> values, double least_deviation,
                                       double significance) {
  std::vector<std::size_t> kept(values.size()), taken;
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  std::size_t outliers = 0;
  while (kept.size() >= 3 && taken.size() < values.size() / 2) {
    const auto [mean, deviation] = moments_of(values, kept);
    const auto farthest =
        std::max_element(kept.begin(), kept.end(), [&, mean = mean](std::size_t a, std::size_t b) {
          return std::abs(values[a] - mean) < std::abs(values[b] - mean);
        });
    const double scale = std::max(deviation, least_deviation);
    const double deviate = scale > 0 ? std::abs(values[*farthest] - mean) / scale : 0;
    const bool is_too_far = deviate > critical_deviate(kept.size(), significance);
    taken.push_back(*farthest);
    kept.erase(farthest);
    if (is_too_far) outliers = taken.size();
  }
  taken.resize(outliers);
  return taken;
}

}  // namespace calibram
