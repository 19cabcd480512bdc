// SPDX-License-Identifier: MIT
// What a fit says, for people: the formula, its coefficients with errors, and the per-token table.
#pragma once

#include "fit/profile.hpp"
#include "src/engine/measurement.hpp"

#include <string>
#include <vector>

namespace calibram {

/// The whole report on a profile and the rows behind it: every fit, the per-token table, and one sentence
/// that a person would repeat.
std::string profile_report(const Profile& profile, const std::vector<Measurement>& rows);

/// The fitted formula, a table of coefficients, the figures of merit, and warnings; one sentence where theory
/// equals the measurements to the byte.
std::string fit_text(const ProfileFit& fit);

/// For every shape: intercept and slope of memory against context, and the slope beside the bytes of the KV
/// cache that theory gives. Rows of one batch, pair of formats and set of options make a line.
std::string per_token_text(const std::vector<Measurement>& rows);

}  // namespace calibram
