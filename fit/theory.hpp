// SPDX-License-Identifier: MIT
// Counting as an estimator, and theory's terms of a metric, which calibration scales.
#pragma once

#include "fit/estimator.hpp"

#include <variant>
#include <vector>

namespace calibram {

/// Theory's bytes of each device, only the terms that the metric of the question consists of: none for a
/// constant that is measured, such as the context. A sweep is fitted to these, and the calibrated estimator
/// scales these. Unanswered when the question cannot be counted, or its metric is put together from others.
std::variant<std::vector<TermBytes>, Unanswered> theory_terms(const Question& question);

/// What one of the devices holds on average.
TermBytes mean_terms(const std::vector<TermBytes>& devices);

/// `theory`: answers what consists of counted bytes alone.
std::unique_ptr<Estimator> theory();

}  // namespace calibram
