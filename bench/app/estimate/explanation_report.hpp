// SPDX-License-Identifier: MIT
// estimate --explain: every number beside its formula.
#pragma once

#include "bench/app/estimate/fits_report.hpp"
#include "bench/calculator/explanation/explanation.hpp"

#include <nlohmann/json_fwd.hpp>

namespace calibram {

std::string explanation_text(const Question& question, const Estimate& estimate,
                             const Explanation& explanation, const std::vector<Fitting>& fits);

nlohmann::ordered_json explanation_json(const Estimate& estimate, const Explanation& explanation);

}  // namespace calibram
