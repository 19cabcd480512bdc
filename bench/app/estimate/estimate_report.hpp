// SPDX-License-Identifier: MIT
// What an estimate says, for people and for programs.
#pragma once

#include "bench/app/estimate/explanation_report.hpp"
#include "bench/app/estimate/fits_report.hpp"
#include "bench/app/estimate/inverse_report.hpp"
#include "bench/calculator/hint.hpp"
#include "bench/calculator/rules/compare.hpp"

#include <optional>
#include <string>
#include <vector>

namespace calibram {

struct EstimateReport {
  Question question;
  Asked asked;                    ///< that has an estimate
  std::optional<Estimate> cache;  ///< what is left for the cache of an engine that fills a budget
  FitsReport fits;
  std::optional<InverseReport> inverse;  ///< where something was asked the other way round
  std::optional<Hint> hint;
  std::optional<Explanation> explanation;
  std::vector<RuleBeside> rules;  ///< the rules of thumb, where they were asked for
};

/// Terms with their shares, the interval, the room of the cache, what would help, and where it fits.
std::string estimate_text(const EstimateReport& report);

/// The same as one JSON document with a line end.
std::string estimate_json(const EstimateReport& report);

}  // namespace calibram
