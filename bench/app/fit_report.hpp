// SPDX-License-Identifier: MIT
// What a fit says, for people: the formula, its coefficients with errors, and the per-token table.
#pragma once

#include "fit/profile.hpp"
#include "src/engine/measurement.hpp"

#include <string>
#include <vector>

namespace calibram {

/// The fitted formula, a table of coefficients, the figures of merit, and warnings.
std::string fit_text(const ProfileFit& fit);

/// For every shape: intercept and slope of memory against context, and the slope beside the bytes of the KV
/// cache that theory gives. Rows of one batch, one option set and one pair of formats make a line.
std::string per_token_text(const std::vector<Measurement>& rows);

}  // namespace calibram
