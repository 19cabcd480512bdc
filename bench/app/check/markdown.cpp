// SPDX-License-Identifier: MIT
// The check as a comment of a pull request: a table of what moved, all the rest behind a fold.
#include "bench/app/check/wording.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>

#include <cmath>

namespace calibram {
namespace {

// GitHub refuses comments of more than 65,536 characters. Bytes are never fewer than characters.
constexpr std::size_t most_bytes = 65'536;

// What a fold that had to be left out leaves behind.
constexpr std::string_view left_out = "\n*What else there is does not fit into a comment; the log has it.*\n";

/// Text of files as text: what Markdown or HTML would take as more is escaped. The bar is left to the table.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else if (std::string_view{"\\`*[]~"}.find(c) != std::string_view::npos)
      (result += '\\') += c;
    else
      result += c;
  }
  return result;
}

std::string moved_table(const CheckResult& result) {
  TextTable table{{{"runtime and metric"},
                   {"term"},
                   {"change", Align::right},
                   {"coefficient"},
                   {"std errors", Align::right},
                   {"changed since"}}};
  for (const CheckedGroup& group : result.drift.groups)
    for (const CheckedTerm& term : group.terms)
      if (term.has_moved)
        table.add_row({escaped(group.name()), subject_of(term), change_text(term.change_bytes, group.metric),
                       coefficient_text(term), standard_errors_text(term),
                       fmt::format("the {}: {}", name_of(group.reference),
                                   escaped(changes_text(result.references.at(group.reference))))});
  return table.empty() ? "" : table.markdown() + "\n";
}

std::string broken_table(const CheckResult& result) {
  TextTable table{{{"configuration"}, {"before -> now"}, {"row"}}};
  std::size_t more = 0;
  for (const OutcomeChange& change : result.drift.outcomes.changed) {
    const Measurement& row = result.rows[change.row];
    if (!change.is_failure) continue;
    if (++more > most_listed_rows) continue;
    table.add_row({escaped(fmt::format("{} {}", row.model, configuration_text(row))),
                   escaped(outcome_text(change, result)), escaped(place_of(row))});
  }
  if (table.empty()) return "";
  return table.markdown() +
         (more > most_listed_rows ? fmt::format("\nand {} more\n", more - most_listed_rows) : "") + "\n";
}

std::string rows_table(const CheckResult& result, std::size_t& count) {
  const std::vector<OutsideRow> outside = outside_rows(result.drift);
  count = outside.size();
  const TextTable table = outside_table(result, outside, "row", escaped);
  if (table.empty()) return "";
  return table.markdown() +
         (count > most_listed_rows ? fmt::format("\nand {} more\n", count - most_listed_rows) : "");
}

std::string terms_table(const Drift& drift) {
  TextTable table{{{"against"},
                   {"runtime and metric"},
                   {"term"},
                   {"rows", Align::right},
                   {"change", Align::right},
                   {"by chance", Align::right},
                   {"significance"},
                   {"coefficient"},
                   {"verdict"}}};
  for (const CheckedGroup& group : drift.groups)
    for (const CheckedTerm& term : group.terms)
      table.add_row(
          {std::string{name_of(group.reference)}, escaped(group.name()), subject_of(term),
           std::to_string(group.rows.size()), change_text(term.change_bytes, group.metric),
           std::isnan(term.deviation_bytes) ? "" : "± " + size_text(term.deviation_bytes, group.metric),
           significance_text(term), coefficient_text(term), term.has_moved ? "**moved**" : "as before"});
  return table.markdown();
}

std::string fold(const std::string& summary, const std::string& content) {
  return fmt::format("<details><summary>{}</summary>\n\n{}\n</details>\n\n", summary, content);
}

std::string remarks_list(const CheckResult& result) {
  std::string list;
  for (const std::string& remark : remarks(result)) list += "* " + escaped(remark) + "\n";
  return list;
}

}  // namespace

std::string check_markdown(const CheckResult& result) {
  std::string text = fmt::format("### calibram {}\n\n", verdict(result));
  std::size_t outside = 0;
  const std::string rows = rows_table(result, outside);
  std::vector<std::string> sections = {moved_table(result), broken_table(result)};
  if (const std::string next = advice(result); !next.empty()) sections.push_back(next + "\n\n");
  if (!rows.empty()) sections.push_back(fold(fmt::format("Rows outside: {}", outside), rows));
  sections.push_back(
      fold(fmt::format("All {} tests of terms", result.drift.tests), terms_table(result.drift)));
  if (const std::string notes = remarks_list(result); !notes.empty())
    sections.push_back(fold("Notes", notes));
  bool is_cut = false;
  for (const std::string& section : sections) {
    const bool fits = text.size() + section.size() + left_out.size() <= most_bytes;
    if (fits) text += section;
    is_cut |= !fits;
  }
  return is_cut ? text.append(left_out) : text;
}

}  // namespace calibram
