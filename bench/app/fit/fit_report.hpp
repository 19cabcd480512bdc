// SPDX-License-Identifier: MIT
// What a fit says, for people: the formula, its coefficients with errors, and the per-token table.
#pragma once

#include "bench/app/fit/shapes.hpp"
#include "fit/profile.hpp"
#include "src/core/text_table.hpp"
#include "src/engine/measurement.hpp"

#include <string>
#include <vector>

namespace calibram {

/// The whole report on a profile and the rows behind it: every fit, the per-token table, and one sentence
/// that a person would repeat.
std::string profile_report(const Profile& profile, const std::vector<Measurement>& rows);

/// "rss = 7.21 MiB + 1.0000 weights + ..." with the terms that the data determine.
std::string formula_text(const ProfileFit& fit);

/// Whether theory left nothing to fit: an exact sum has no errors to print.
bool is_exact(const Fit& fit);

/// The coefficients with their errors; empty for a constant alone.
TextTable coefficients_table(const ProfileFit& fit);

/// The figures of merit, and how well models are predicted that were left out.
std::string merit_text(const Fit& fit, bool has_terms);

/// The fitted formula, a table of coefficients, the figures of merit, and warnings; one sentence where theory
/// equals the measurements to the byte.
std::string fit_text(const ProfileFit& fit);

/// For every shape: intercept and slope of memory against context, and the slope beside the bytes of the KV
/// cache that theory gives. Rows of one batch, pair of formats and set of options make a line.
TextTable per_token_table(const std::vector<Shape>& shapes);
std::string per_token_text(const std::vector<Measurement>& rows);

}  // namespace calibram
