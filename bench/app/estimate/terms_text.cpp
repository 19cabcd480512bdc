// SPDX-License-Identifier: MIT
// Rows of terms that are there, and their sum.
#include "bench/app/estimate/terms_text.hpp"

#include "src/core/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace calibram {
namespace {

constexpr int bar_columns = 20;

double share_of(Bytes part, Bytes total) {
  return static_cast<double>(part.count()) / static_cast<double>(total.count());
}

/// The cells of one row; a deviation only where any is known.
std::vector<std::string> row_of(std::string name, Bytes bytes, const Estimate& estimate,
                                std::optional<double> deviation) {
  std::vector<std::string> cells{std::move(name), gib_text(bytes)};
  if (estimate.spread) cells.push_back(deviation ? mib_text(rounded_bytes(*deviation)) : "");
  cells.push_back(fmt::format("{:.1f} %", 100 * share_of(bytes, estimate.total)));
  return cells;
}

}  // namespace

std::string bar(double share, int columns) {
  constexpr std::array<const char*, 8> eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (share <= 0) return "";
  const int count = std::max(1, static_cast<int>(std::lround(8 * columns * std::min(share, 1.0))));
  std::string text;
  for (int i = 0; i < count / 8; ++i) text += "█";
  return text + eighths[static_cast<std::size_t>(count % 8)];
}

std::string terms_text(const Question& question, const Estimate& estimate) {
  std::vector<TableColumn> columns{{"term"}, {"size", Align::right}};
  if (estimate.spread) columns.push_back({"±", Align::right});
  columns.push_back({"share", Align::right});
  columns.push_back({""});
  TextTable table{columns};
  for (std::size_t i = 0; i < term_count; ++i) {
    const Bytes bytes = estimate.terms[static_cast<Term>(i)];
    if (bytes == Bytes{}) continue;
    const auto deviation = estimate.spread ? std::optional{estimate.spread->terms[i]} : std::nullopt;
    std::vector<std::string> cells = row_of(std::string{term_names[i]}, bytes, estimate, deviation);
    cells.push_back(bar(share_of(bytes, estimate.total), bar_columns));
    table.add_row(std::move(cells));
  }
  // Tokens have a line of their own; what they take is bytes.
  const Metric metric = estimate.tokens ? Metric::kv_available : question.metric;
  std::vector<std::string> total =
      row_of(fmt::format("total ({})", name_of(metric)), estimate.total, estimate, std::nullopt);
  total.emplace_back("");
  table.add_row(std::move(total));
  return table.text();
}

}  // namespace calibram
