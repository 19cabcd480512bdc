// SPDX-License-Identifier: MIT
// What an evaluation says, for people and for programs.
#pragma once

#include "fit/evaluation.hpp"
#include "src/core/text_table.hpp"

#include <string>

namespace calibram {

/// "int8 4 x 8000 + 192, 2 cards, flash_attn=on".
std::string run_text(const Measurement& row);

/// A value in the unit of the row's metric: "1.50 GiB", "4096 tokens".
std::string amount_text(const Measurement& row, std::int64_t value);

/// The error table: a line for each runtime, metric, kind of placement and estimator that answers it.
TextTable evaluation_table(const Evaluation& evaluation);
std::string evaluation_text(const Evaluation& evaluation);

/// Every row beside one estimator: measured, estimated, residual, and a remark where one is due.
/// @throws InputError for an unknown estimator
std::string evaluation_rows_text(const Evaluation& evaluation, const std::string& estimator);

/// Both as one JSON document with a line end.
std::string evaluation_json(const Evaluation& evaluation);

}  // namespace calibram
