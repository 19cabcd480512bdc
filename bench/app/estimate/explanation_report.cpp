// SPDX-License-Identifier: MIT
// Formulas as lines and as JSON.
#include "bench/app/estimate/explanation_report.hpp"

#include "fit/distributions.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

constexpr double both_sides_95 = 0.975, one_side_99 = 0.99;

std::string_view name_of_term(Term term) { return term_names[index_of(term)]; }

std::string_view name_of_phase(Phase phase) { return phase_names[static_cast<std::size_t>(phase)]; }

std::string terms_text(const Explanation& explanation) {
  std::string text;
  for (const TermSteps& term : explanation.terms) {
    text += fmt::format("\n{} = {} = {} bytes\n", name_of_term(term.term), gib_text(term.bytes),
                        term.bytes.count());
    for (const Step& step : term.steps)
      text += fmt::format("  {} = {} bytes\n", formula(step), step.bytes.count());
  }
  return text;
}

/// When each device holds most, and what it holds at most in each phase.
std::string peaks_text(const Explanation& explanation) {
  std::string text;
  for (std::size_t i = 0; i < explanation.devices.size(); ++i) {
    const DeviceCount& device = explanation.devices[i];
    text += explanation.devices.size() == 1 ? "\nmost is alive" : fmt::format("\ndevice {} holds most", i);
    text += fmt::format(" in the phase {}", name_of_phase(device.phase));
    for (std::size_t p = 0; p < phase_count; ++p)
      if (device.phase_peaks[p] > Bytes{})
        text += fmt::format("{} {} {}", p == 0 ? ":" : ",", phase_names[p], gib_text(device.phase_peaks[p]));
  }
  return text.empty() ? text : text + "\n";
}

std::string scaled_text(const Question& question, const Estimate& estimate, const Explanation& explanation) {
  if (explanation.scaled.empty()) return "";
  std::string text = fmt::format("\nby {}{}:\n", estimate.profile,
                                 is_composed(question.metric) ? ", taken from the memory budget" : "");
  for (const ScaledTerm& term : explanation.scaled) {
    const bool is_constant = term.term == Term::constant;
    const std::string fit =
        term.fit == question.metric ? "" : fmt::format(" (in the metric {})", name_of(term.fit));
    text += fmt::format("  {}{} = {} {} {} {} = {} bytes\n", name_of_term(term.term), fit, term.coefficient,
                        is_constant ? "bytes x" : "x", term.multiplied,
                        is_constant ? (term.multiplied == 1 ? "device" : "devices") : "bytes",
                        term.bytes.count());
  }
  return text;
}

std::string interval_text(const Estimate& estimate) {
  if (!estimate.spread || !estimate.interval) return "";
  const Spread& spread = *estimate.spread;
  const Interval& interval = *estimate.interval;
  const std::int64_t total = estimate.total.count();
  return fmt::format(
      "\n95 %: {} bytes ± {:.6f} x {:.0f} bytes = {} to {} bytes\n"
      "99 % bound: {} bytes + {:.6f} x {:.0f} bytes = {} bytes\n"
      "  (Student's t of {} degrees of freedom, times the standard deviation of the prediction)\n",
      total, student_quantile(both_sides_95, spread.degrees), spread.total, interval.low.count(),
      interval.high.count(), total, student_quantile(one_side_99, spread.degrees), spread.total,
      interval.bound99.count(), spread.degrees);
}

std::string fits_formulas(const Estimate& estimate, const std::vector<Fitting>& fits) {
  std::string text;
  const char* needed = estimate.devices.size() > 1 ? "needed of the fullest device"
                       : estimate.interval         ? "needed (the 99 % bound)"
                                                   : "needed (the total)";
  for (const Fitting& fitting : fits)
    text += fmt::format("{}{}: {} bytes - {} set aside - {} {} = {} bytes left\n", text.empty() ? "\n" : "",
                        fitting.capacity.gpu, fitting.capacity.bytes.count(), fitting.set_aside.count(),
                        fitting.needed.count(), needed, fitting.headroom().count());
  return text;
}

}  // namespace

std::string explanation_text(const Question& question, const Estimate& estimate,
                             const Explanation& explanation, const std::vector<Fitting>& fits) {
  return terms_text(explanation) + peaks_text(explanation) + scaled_text(question, estimate, explanation) +
         interval_text(estimate) + fits_formulas(estimate, fits);
}

Json explanation_json(const Estimate& estimate, const Explanation& explanation) {
  Json terms = Json::array(), scaled = Json::array();
  for (const TermSteps& term : explanation.terms) {
    Json steps = Json::array();
    for (const Step& step : term.steps)
      steps.push_back({{"formula", formula(step)}, {"bytes", step.bytes.count()}});
    terms.push_back({{"term", name_of_term(term.term)}, {"bytes", term.bytes.count()}, {"steps", steps}});
  }
  for (const ScaledTerm& term : explanation.scaled)
    scaled.push_back({{"term", name_of_term(term.term)},
                      {"fit", name_of(term.fit)},
                      {"coefficient", term.coefficient},
                      {"multiplied", term.multiplied},
                      {"bytes", term.bytes.count()}});
  Json peaks = Json::array();
  for (const DeviceCount& device : explanation.devices) peaks.push_back(name_of_phase(device.phase));
  Json json = {{"terms", terms}, {"peak_phases", peaks}, {"scaled", scaled}};
  if (estimate.spread)
    json["interval"] = {{"deviation_bytes", estimate.spread->total},
                        {"degrees_of_freedom", estimate.spread->degrees},
                        {"t_95", student_quantile(both_sides_95, estimate.spread->degrees)},
                        {"t_99", student_quantile(one_side_99, estimate.spread->degrees)}};
  return json;
}

}  // namespace calibram
