// SPDX-License-Identifier: MIT
// What an evaluation says, for people and for programs.
#pragma once

#include "bench/app/evaluation.hpp"

#include <string>

namespace calibram {

/// The error table: a line for each runtime, metric, kind of placement and estimator that answers it.
std::string evaluation_text(const Evaluation& evaluation);

/// Every row beside one estimator: measured, estimated, residual, and a remark where one is due.
/// @throws InputError for an unknown estimator
std::string evaluation_rows_text(const Evaluation& evaluation, const std::string& estimator);

/// Both as one JSON document with a line end.
std::string evaluation_json(const Evaluation& evaluation);

}  // namespace calibram
