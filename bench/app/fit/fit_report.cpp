// SPDX-License-Identifier: MIT
// Prints fits.
#include "bench/app/fit/fit_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace calibram {
namespace {

std::string number_or_blank(double value, const char* format) {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : "";
}

Bytes bytes_of(double value) { return rounded_bytes(value); }

/// The metric that a report shows against context: what the system saw, if it was measured; none where
/// nothing measured grows with the context.
std::optional<Metric> shown_metric(const Profile& profile) {
  std::optional<Metric> shown;
  for (const ProfileFit& fit : profile.fits)
    if (is_total(fit.metric) && (!shown || *shown == Metric::allocated)) shown = fit.metric;
  return shown;
}

std::string conclusion(const ProfileFit& fit) {
  return fmt::format(
      "{}: a model that was never measured is predicted within {:.2f} % on average, {:.2f} % at worst.\n",
      name_of(fit.metric), 100 * fit.fit.leave_one_model_out.mean_abs,
      100 * fit.fit.leave_one_model_out.max_abs);
}

std::string slope_text(double bytes_per_token) { return fmt::format("{:.4f}", bytes_per_token / (1 << 20)); }

std::vector<std::string> per_token_cells(const Shape& shape) {
  const ShapeLine& line = *shape.line;
  return {shape.model_and_options(),
          shape.weights,
          shape.kv,
          std::to_string(shape.batch),
          std::to_string(shape.rows.size()),
          gib_text(bytes_of(line.measured.intercept)),
          slope_text(line.measured.slope),
          line.theory_slope ? slope_text(*line.theory_slope) : "",
          line.theory_slope ? fmt::format("{:.0f} %", 100 * *line.theory_slope / line.measured.slope) : ""};
}

/// Whether a metric holds the term: all of a total, whether they were swept or not.
bool holds(const ProfileFit& profile, std::size_t term) {
  return is_total(profile.metric) || profile.fit.hull.term_bytes[term].high > 0;
}

}  // namespace

std::string formula_text(const ProfileFit& profile) {
  std::string text =
      fmt::format("{} = {}", name_of(profile.metric), mib_text(bytes_of(profile.fit.constant_bytes)));
  for (std::size_t i = 0; i < fitted_term_count; ++i)
    if (std::isfinite(profile.fit.terms[i].coefficient))
      text += fmt::format(" + {:.4f} {}", profile.fit.terms[i].coefficient, term_names[i]);
    else if (!profile.fit.has_error_model() && profile.fit.hull.term_bytes[i].high > 0)
      text += fmt::format(" + {}", term_names[i]);
  return text;
}

bool is_exact(const Fit& fit) {
  if (!fit.has_error_model()) return false;
  const bool ones = std::all_of(fit.terms.begin(), fit.terms.end(), [](const TermFit& term) {
    return std::isnan(term.coefficient) || std::abs(term.coefficient - 1) < 1e-9;
  });
  return ones && fit.sigma_bytes < 1 && std::abs(fit.constant_bytes) < 1;
}

TextTable coefficients_table(const ProfileFit& profile) {
  TextTable table{{{"term"},
                   {"coefficient", Align::right},
                   {"std error", Align::right},
                   {"p(= 1)", Align::right},
                   {"VIF", Align::right},
                   {"identified"}}};
  for (std::size_t i = 0; i < fitted_term_count; ++i) {
    if (!holds(profile, i)) continue;
    const TermFit& term = profile.fit.terms[i];
    table.add_row(
        {std::string{term_names[i]}, number_or_blank(term.coefficient, "{:.5f}"),
         number_or_blank(term.std_error, "{:.5f}"), number_or_blank(term.p_equals_one, "{:.2g}"),
         number_or_blank(term.variance_inflation, "{:.1f}"),
         term.identified ? "yes" : fmt::format("no; {:.4f} is used", profile.fit.prior.coefficients[i])});
  }
  return table;
}

std::string merit_text(const Fit& fit, bool has_terms) {
  std::string text =
      fmt::format("constant {} ± {}, residual {} ({:.4f} %)", mib_text(bytes_of(fit.constant_bytes)),
                  mib_text(bytes_of(fit.constant_error_bytes)), mib_text(bytes_of(fit.sigma_bytes)),
                  100 * fit.sigma_relative);
  if (has_terms)
    text += fmt::format(", R² {:.8f}, condition number {:.1f}", fit.r_squared, fit.condition_number);
  return text +
         fmt::format(
             "\neach model predicted from the others: mean {:.4f} %, worst {:.4f} %, signed {:+.4f} %\n",
             100 * fit.leave_one_model_out.mean_abs, 100 * fit.leave_one_model_out.max_abs,
             100 * fit.leave_one_model_out.mean_signed);
}

std::string profile_report(const Profile& profile, const std::vector<Measurement>& rows) {
  std::string text;
  for (const bool exact : {false, true})  // what had to be measured comes first
    for (const ProfileFit& fit : profile.fits)
      if (is_exact(fit.fit) == exact) text += fit_text(fit) + "\n";
  if (const std::optional<Metric> metric = shown_metric(profile)) {
    std::vector<Measurement> shown = rows;
    std::erase_if(shown, [&](const Measurement& row) { return row.metric != *metric; });
    const std::string table = per_token_text(shown);
    if (!table.empty()) text += fmt::format("{} against context:\n\n{}\n", name_of(*metric), table);
  }
  for (const ProfileFit& fit : profile.fits)
    if (!is_exact(fit.fit) && fit.fit.has_error_model()) text += conclusion(fit);
  return text;
}

std::string fit_text(const ProfileFit& profile) {
  const Fit& fit = profile.fit;
  if (is_exact(fit))
    return fmt::format(
        "{} of {}: theory equals {} to the byte in all {} rows\n", name_of(profile.metric), profile.runtime,
        profile.runtime == "calibram" ? "the allocator's books" : "what the engine reports", fit.rows);
  std::string text =
      fmt::format("{} of {}, from {} rows of {} model{}\n{}\n\n", name_of(profile.metric), profile.runtime,
                  fit.rows, fit.models.size(), fit.models.size() == 1 ? "" : "s", formula_text(profile));
  if (fit.has_error_model()) {
    const TextTable coefficients = coefficients_table(profile);
    text += (coefficients.empty() ? "" : coefficients.text()) + merit_text(fit, !coefficients.empty());
  }
  for (const std::string& warning : fit.warnings) text += "warning: " + warning + "\n";
  return text;
}

TextTable per_token_table(const std::vector<Shape>& shapes) {
  TextTable table{{{"model"},
                   {"weights"},
                   {"kv"},
                   {"batch", Align::right},
                   {"rows", Align::right},
                   {"at 0 tokens", Align::right},
                   {"MiB/token", Align::right},
                   {"KV in theory", Align::right},
                   {"KV share", Align::right}}};
  for (const Shape& shape : shapes)
    if (shape.line && shape.placement.devices == 1) table.add_row(per_token_cells(shape));
  return table;
}

std::string per_token_text(const std::vector<Measurement>& rows) {
  std::vector<const Measurement*> shown;
  for (const Measurement& row : rows)
    if (row.outcome.empty() && row.devices == 1) shown.push_back(&row);
  const TextTable table = per_token_table(shapes_of(shown));
  return table.empty() ? std::string{} : table.text();
}

}  // namespace calibram
