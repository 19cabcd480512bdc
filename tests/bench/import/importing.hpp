// SPDX-License-Identifier: MIT
// Imports texts and the logs beside this file, and finds rows by metric.
#pragma once

#include "bench/import/import.hpp"
#include "src/core/bytes.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace calibram {

inline std::filesystem::path import_data(const std::string& name) {
  return std::filesystem::path{CALIBRAM_SOURCE_DIR} / "tests/bench/import" / name;
}

inline std::string log_text(const std::string& name) {
  return read_file(import_data("logs/" + name), Bytes{1 << 24});
}

/// Flags as `--column text`.
inline Supplied supplied(const std::map<std::string, std::string>& texts) {
  Supplied all;
  for (const MeasurementColumn& column : measurement_columns())
    if (const auto found = texts.find(std::string{column.name}); found != texts.end()) {
      column.read(all.row, found->second);
      all.given.insert(found->first);
    }
  return all;
}

inline Imported import_log(LogKind kind, const std::string& name, const Supplied& given = {}) {
  return import_text(kind, log_text(name), name, given);
}

/// The value of the first row with this metric.
inline std::optional<std::int64_t> value_of(const Imported& imported, Metric metric) {
  const auto row = std::find_if(imported.rows.begin(), imported.rows.end(),
                                [&](const Measurement& r) { return r.metric == metric; });
  return row == imported.rows.end() ? std::nullopt : row->value;
}

inline bool has_note(const Imported& imported, std::string_view part) {
  return std::any_of(imported.notes.begin(), imported.notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

/// What the user reads when a call refuses its input; empty when it does not.
template <class Call>
std::string refusal_of(const Call& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

inline std::string csv_text(const Imported& imported) {
  std::string text = csv_header() + "\n";
  for (const Measurement& row : imported.rows) text += csv_row(row) + "\n";
  return text;
}

}  // namespace calibram
