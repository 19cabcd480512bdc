// SPDX-License-Identifier: MIT
// Advice as a person reads it.
#include "bench/app/advise/advise_report.hpp"

#include "bench/app/flags/repeat.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace calibram {
namespace {

std::string headline(const Need& as_asked) {
  const auto& [on_card, fitting] = as_asked;
  const Question& question = on_card.question;
  const Workload& workload = question.workload;
  std::string text =
      fmt::format("{}: {} weights, {} cache, {} x {} tokens ({} prompt), {}, {}\n\n", question.subject,
                  question.weights->name, question.kv->name, workload.batch, workload.context_tokens(),
                  workload.prompt, question.runtime, on_card.asked.estimator);
  const Bytes headroom = fitting.headroom();
  text += fmt::format("needs {}{}, and {} {}: ", gib_text(fitting.needed),
                      question.devices > 1 ? " on a card" : "", fitting.fits() ? "fits" : "does not fit",
                      fitting.capacity.gpu);
  text += fmt::format("{} {}", gib_text(fitting.fits() ? headroom : Bytes{} - headroom),
                      fitting.fits() ? "left" : "too much");
  if (fitting.capacity.is_card)
    text += fmt::format(" for its {}{}", gib_text(fitting.capacity.bytes),
                        fitting.set_aside == Bytes{} ? ""
                                                     : fmt::format(", of which {} go to the CUDA context",
                                                                   gib_text(fitting.set_aside)));
  return text + "\n";
}

std::string needs_text(const Need& need) {
  std::string text = gib_text(need.fitting.needed);
  if (need.on_card.question.devices > 1) text += " each";
  if (const Bytes host = need.on_card.on_host(); host != Bytes{})
    text += fmt::format(", host {}", gib_text(host));
  return text;
}

std::string flags_text(const AdviceReport& report, const Question& question) {
  const Question& asked = report.advice.as_asked.on_card.question;
  const QuestionWords changed = words_of(question, report.words, asked);
  std::string text = shell_text(flags_beside(report.words, changed));
  if (!report.words.options.empty() && changed.options.empty()) text += ", without --options";
  return text;
}

/// A remedy that takes more than it saves is none, nor one that saves less than a table shows.
bool helps(const AdviceRow& row) {
  constexpr Bytes least{5 << 20};
  return row.need && row.saves >= least;
}

std::string remedies_text(const AdviceReport& report) {
  TextTable table{{{"remedy"}, {"needs then"}, {"saves", Align::right}, {"fits"}, {"costs"}, {"flags"}}};
  for (const AdviceRow& row : report.advice.rows)
    if (helps(row))
      table.add_row({row.name, needs_text(*row.need), gib_text(row.saves),
                     row.need->fitting.fits() ? "yes" : "no", std::string{words_of(row.cost).words},
                     flags_text(report, row.need->on_card.question)});
  return table.empty() ? "" : "\n" + table.text();
}

/// Reasons, each once, with what it is the reason of.
std::string absences_text(const std::vector<AdviceRow>& rows) {
  std::vector<std::pair<std::string, std::string>> reasons;
  const auto add = [&](const std::string& reason, const std::string& name) {
    const auto same = std::find_if(reasons.begin(), reasons.end(),
                                   [&](const auto& known) { return known.first == reason; });
    if (same == reasons.end())
      reasons.emplace_back(reason, name);
    else
      same->second += ", " + name;
  };
  for (const AdviceRow& row : rows)
    if (!helps(row))
      add(row.need ? "would save nothing" : row.absence, row.name.empty() ? std::string{row.kind} : row.name);
  std::string text = reasons.empty() ? "" : "\nno remedy here:\n";
  for (const auto& [reason, names] : reasons) text += fmt::format("  {}: {}\n", names, reason);
  return text;
}

std::string plan_text(const AdviceReport& report, const Plan& plan, const char* title) {
  TextTable table{{{title}, {"saves", Align::right}, {"costs"}}};
  for (const PlanStep& step : plan.steps)
    table.add_row(
        {step.name, step.saves ? gib_text(*step.saves) : "", std::string{words_of(step.cost).words}});
  std::string text = fmt::format("\n{}\nneeds {}, {} left\n", table.text(), needs_text(plan.need),
                                 gib_text(plan.need.fitting.headroom()));
  for (const std::string& note : notes_on(plan.need)) text += note + "\n";
  for (const std::vector<std::string>& command : commands_of(report, plan.need.on_card))
    text += fmt::format("calibram {}\n", shell_text(command));
  return text;
}

std::string plans_text(const AdviceReport& report) {
  const Advice& advice = report.advice;
  if (!advice.plan) return "\nno combination of these fits\n";
  std::string text = plan_text(report, *advice.plan, "the cheapest plan that fits");
  if (advice.plan_in_these_formats)
    text += plan_text(report, *advice.plan_in_these_formats, "the cheapest in these formats");
  return text;
}

}  // namespace

std::string advice_text(const AdviceReport& report) {
  const Advice& advice = report.advice;
  std::string text = headline(advice.as_asked);
  if (advice.as_asked.fitting.fits()) return text;
  return text + remedies_text(report) + absences_text(advice.rows) + plans_text(report);
}

}  // namespace calibram
