// SPDX-License-Identifier: MIT
// The sections of the Markdown report.
#include "bench/report/markdown_report.hpp"

#include "bench/app/evaluate/evaluation_report.hpp"
#include "bench/app/fit/fit_report.hpp"
#include "bench/app/history/history_report.hpp"
#include "src/core/names.hpp"
#include "src/core/printable.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace calibram {
namespace {

// A comment on GitHub holds 65,536 characters; these leave room for it beside other text.
constexpr std::size_t most_lines = 40, most_fits = 16, most_worst = 10, most_texts = 5, most_summaries = 120,
                      most_history_bytes = 16'000;

/// Notes what a list of `all` does not show.
std::string cut_note(std::size_t shown, std::size_t all, const char* what) {
  return shown < all ? fmt::format("\n{} more {} are left out here; the page has them.\n", all - shown, what)
                     : std::string{};
}

std::string some_of(const std::set<std::string>& texts) {
  std::vector<std::string> shown;
  for (const std::string& text : texts)
    if (shown.size() < most_texts) shown.push_back(markdown_text(text));
  std::string line = fmt::format("{}", fmt::join(shown, ", "));
  if (texts.size() > shown.size()) line += fmt::format(" and {} more", texts.size() - shown.size());
  return line;
}

std::string device_section(const ReportDevice& device) {
  TextTable table{{{"device"}, {device.name.empty() ? "not named" : markdown_text(device.name)}}};
  table.add_row({"rows", std::to_string(device.rows)});
  if (!device.first_at.empty())
    table.add_row({"measured", device.first_at == device.last_at ? markdown_text(device.first_at)
                                                                 : markdown_text(device.first_at) + " to " +
                                                                       markdown_text(device.last_at)});
  if (!device.machines.empty()) table.add_row({"machines", some_of(device.machines)});
  std::size_t left = most_lines;
  for (const auto& [name, versions] : device.versions)
    if (left-- > 0) table.add_row({markdown_text(name), some_of(versions)});
  if (!device.sources.empty()) table.add_row({"source", some_of(device.sources)});
  return table.markdown() + "\n";
}

std::string devices_section(const Report& report) {
  std::string text;
  const std::size_t shown = std::min(report.devices.size(), most_texts);
  for (std::size_t i = 0; i < shown; ++i) text += device_section(report.devices[i]);
  return text + cut_note(shown, report.devices.size(), "devices");
}

std::string conclusions_section(const Report& report) {
  const std::vector<Conclusion> conclusions = conclusions_of(report.evaluation);
  std::string text;
  for (std::size_t i = 0; i < std::min(conclusions.size(), most_lines); ++i)
    text += "* " + markdown_text(conclusion_text(conclusions[i])) + ".\n";
  if (const std::string left_out = left_out_text(report.evaluation); !left_out.empty())
    text += "* " + left_out + ".\n";
  if (!report.calibrated_by.empty()) text += "\n`calibrated`: " + markdown_text(report.calibrated_by) + ".\n";
  return text;
}

std::string fit_section(const ProfileFit& entry) {
  const Fit& fit = entry.fit;
  std::string text = fmt::format("### {}\n\n", markdown_text(entry.name()));
  if (is_exact(fit)) return text + fit_text(entry) + "\n";
  text += fmt::format("{} rows of {} models: `{}`\n\n", fit.rows, fit.models.size(), formula_text(entry));
  if (!fit.has_error_model())
    return text + "Fewer than three models: terms are taken as theory counts them, and have no errors.\n\n";
  const TextTable coefficients = coefficients_table(entry);
  if (!coefficients.empty()) text += coefficients.markdown() + "\n";
  text += merit_text(fit, !coefficients.empty()) + "\n";
  for (const std::string& warning : fit.warnings) text += "* " + markdown_text(warning) + "\n";
  return text;
}

std::string fits_section(const Report& report) {
  if (report.fits.empty()) return "Nothing was fitted.\n";
  std::string text = "From " + markdown_text(report.fits_from) + ".\n\n";
  for (const auto& [name, value] : report.profile)
    text += fmt::format("* {}: {}\n", markdown_text(name), markdown_text(value));
  text += report.profile.empty() ? "" : "\n";
  const std::size_t shown = std::min(report.fits.size(), most_fits);
  for (std::size_t i = 0; i < shown; ++i) text += fit_section(report.fits[i]);
  return text + cut_note(shown, report.fits.size(), "fits");
}

std::string shapes_section(const Report& report) {
  std::string text;
  std::vector<RowGroup> order;
  std::size_t left = most_lines, cut = 0;
  const auto group_of_shape = [&](const Shape& shape) {
    return group_of(report.evaluation.rows[shape.rows.front()].measurement);
  };
  for (const Shape& shape : report.shapes)
    if (shape.line && std::find(order.begin(), order.end(), group_of_shape(shape)) == order.end())
      order.push_back(group_of_shape(shape));
  for (const RowGroup& group : order) {
    std::vector<Shape> shown;
    for (const Shape& shape : report.shapes) {
      if (!shape.line || shape.placement.devices != 1 || group_of_shape(shape) != group) continue;
      if (left == 0) {
        ++cut;
        continue;
      }
      --left;
      shown.push_back(shape);
      shown.back().model = markdown_text(shape.model);
      shown.back().options = markdown_text(shape.options);
      shown.back().weights = markdown_text(shape.weights);
      shown.back().kv = markdown_text(shape.kv);
    }
    if (!shown.empty())
      text += markdown_text(group_text(group)) + ":\n\n" + per_token_table(shown).markdown() + "\n";
  }
  if (cut > 0) text += fmt::format("{} more lines are left out here; the page has them.\n", cut);
  return text.empty() ? "No configuration was measured at three different contexts.\n" : text;
}

/// With the digits that matter in a small one.
std::string short_amount(const Measurement& row, std::int64_t value) {
  const bool is_small = row.metric != Metric::kv_tokens && Bytes{value} < Bytes{1LL << 30};
  return is_small ? mib_text(Bytes{value}) : amount_text(row, value);
}

std::string worst_section(const Report& report) {
  TextTable table{{{"row"},
                   {"configuration"},
                   {"metric"},
                   {"measured", Align::right},
                   {"best estimator"},
                   {"predicted", Align::right},
                   {"residual", Align::right}}};
  for (const EvaluatedRow* row : worst_rows(report.evaluation, most_worst)) {
    const Measurement& m = row->measurement;
    const std::size_t best = row->breakdown->estimator;
    table.add_row({markdown_text(fmt::format("{}:{}", m.file, m.line)),
                   markdown_text(m.model.str() + " " + run_text(m)), std::string{name_of(m.metric)},
                   short_amount(m, *m.value), report.evaluation.estimators[best],
                   short_amount(m, *row->estimates[best]),
                   fmt::format("{:+.2f} %", 100 * residual_of(*row, best)->relative)});
  }
  return table.empty() ? "No row was answered.\n" : table.markdown();
}

/// A table of many columns: kept as text, where it stays aligned.
std::string history_section(const Report& report) {
  std::string text;
  for (const ReportHistory& one : report.histories) {
    std::string lines = history_text({one.history});
    std::replace(lines.begin(), lines.end(), '`', '\'');
    if (text.size() + lines.size() > most_history_bytes)
      return text + "More history is left out here; the page has it.\n";
    text += "```text\n" + lines + "```\n\n";
  }
  return text;
}

std::string errors_section(const Report& report) {
  Evaluation shown;
  shown.summaries = report.evaluation.summaries;
  for (ErrorSummary& summary : shown.summaries) summary.runtime = markdown_text(summary.runtime);
  const std::size_t all = shown.summaries.size();
  if (all > most_summaries) shown.summaries.resize(most_summaries);
  return evaluation_table(shown).markdown() + cut_note(shown.summaries.size(), all, "lines");
}

std::string reasons_section(const Report& report) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [reason, counts] : report.evaluation.reasons) {
    if (shown++ == most_lines) break;
    std::vector<std::string> names;
    for (const auto& [name, count] : counts) names.push_back(fmt::format("{} x {}", count, name));
    text += fmt::format("* {}: {}\n", fmt::join(names, ", "), markdown_text(reason));
  }
  return text + cut_note(std::min(shown, most_lines), report.evaluation.reasons.size(), "reasons");
}

}  // namespace

std::string markdown_text(std::string_view text) {
  std::string escaped;
  for (const char c : printable(text, 200)) {
    if (c == '<')
      escaped += "&lt;";
    else if (c == '&')
      escaped += "&amp;";
    else if (std::string_view{"\\`*[]>~#"}.find(c) != std::string_view::npos)
      escaped += std::string{'\\'} + c;
    else
      escaped += c;
  }
  return escaped;
}

std::string markdown_report(const Report& report) {
  std::string text = "# Memory measured and predicted\n\n" + devices_section(report);
  text += conclusions_section(report);
  text += "\n## What was fitted\n\n" + fits_section(report);
  text += "\n## Errors of every estimator\n\n" + errors_section(report);
  text += "\n## Memory against context\n\n" + shapes_section(report);
  text += "\n## The worst rows\n\n" + worst_section(report);
  if (!report.histories.empty()) text += "\n## Over time\n\n" + history_section(report);
  if (!report.evaluation.reasons.empty()) text += "\n## Not answered\n\n" + reasons_section(report);
  return text + fmt::format("\nWritten by {} at {} from {} file{}.\n", markdown_text(report.program),
                            report.created, report.files.size(), report.files.size() == 1 ? "" : "s");
}

}  // namespace calibram
