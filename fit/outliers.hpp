// SPDX-License-Identifier: MIT
// Which of several values are outliers: the generalized extreme studentized deviate test.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace calibram {

/// The values that stand apart from all others, farthest first. Up to half of them can be outliers without
/// hiding each other. Source: B. Rosner, Percentage points for a generalized ESD many-outlier procedure,
/// Technometrics 25 (1983); NIST/SEMATECH e-Handbook 1.3.5.17.3. With one outlier and few values it is
/// Grubbs' test.
/// @param least_deviation  values are not known better than this, however alike they are
/// @param significance  how often values of one normal distribution give any outlier
/// @returns indices; none for fewer than three values
std::vector<std::size_t> find_outliers(std::span<const double> values, double least_deviation,
                                       double significance);

}  // namespace calibram
