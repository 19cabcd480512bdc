// SPDX-License-Identifier: MIT
// Joins what a log and its user say to rows; what both leave open is named with the flag that supplies it.
#include "bench/import/reading.hpp"

#include "src/core/names.hpp"
#include "src/core/printable.hpp"
#include "src/model/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

std::string place(const Reading& reading, const std::string& file) {
  if (reading.first_line == 0) return file;
  return reading.first_line == reading.last_line
             ? fmt::format("{}:{}", file, reading.first_line)
             : fmt::format("{}:{}-{}", file, reading.first_line, reading.last_line);
}

/// Options are merged key by key; every other column is replaced.
void merge(const MeasurementColumn& column, const Supplied& supplied, Reading& reading) {
  const std::string name{column.name};
  if (name == "options") {
    for (const auto& [key, value] : supplied.row.options) {
      const auto [there, is_new] = reading.row.options.emplace(key, value);
      if (!is_new && there->second != value) {
        reading.remarks.push_back(fmt::format("the log says {}={}, --options says {}: the flag is taken", key,
                                              printable(there->second), printable(value)));
        reading.row.options[key] = value;
      }
    }
    return;
  }
  const std::string ours = column.write(supplied.row), theirs = column.write(reading.row);
  if (reading.stated.contains(name) && ours != theirs)
    reading.remarks.push_back(fmt::format("the log says {} {}, --{} says {}: the flag is taken", name,
                                          in_quotes(theirs), name, in_quotes(ours)));
  column.read(reading.row, ours);
}

/// The log's settings with the user's over them.
Reading with_supplied(Reading reading, const Supplied& supplied) {
  if (!reading.stated.contains("prompt")) reading.row.workload.prompt = 1;
  for (const MeasurementColumn& column : measurement_columns())
    if (supplied.given.contains(std::string{column.name})) merge(column, supplied, reading);
  return reading;
}

/// What no row can be read without, as "what (flag)".
std::vector<std::string> lacks(const Reading& reading, const Supplied& supplied) {
  const auto is_known = [&](const char* column) {
    return reading.stated.contains(column) || supplied.given.contains(column);
  };
  std::vector<std::string> lacking;
  if (!is_known("model") || reading.row.model.empty()) lacking.emplace_back("the model (--model NAME)");
  const std::string family = reading.row.runtime.str().substr(0, reading.row.runtime.str().find('@'));
  if (!is_known("runtime"))
    lacking.push_back(fmt::format("the engine's version (--runtime {}@VERSION)",
                                  family == "calibram" ? "transformers" : family));
  if (!is_known("context") && !is_known("prompt"))
    lacking.emplace_back("the tokens (--context N or --prompt N)");
  return lacking;
}

std::string names_of(const std::vector<ReadValue>& values) {
  std::vector<std::string_view> names;
  for (const ReadValue& value : values)
    if (std::find(names.begin(), names.end(), name_of(value.metric)) == names.end())
      names.push_back(name_of(value.metric));
  return joined(names);
}

std::string joined_texts(const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views{texts.begin(), texts.end()};
  return joined(views);
}

Measurement row_of(const Reading& reading, const ReadValue& value, const std::string& file) {
  Measurement row = reading.row;
  row.metric = value.metric;
  if (value.quantity) {
    row.value = value.quantity->value;
    row.resolution = value.quantity->resolution;
  }
  row.outcome = value.outcome;
  row.reason = value.reason;
  row.counter = value.counter;
  row.source = place(reading, file) + (value.parts.empty() ? "" : " (" + value.parts + ")");
  return row;
}

/// What a row can be read without, but not fitted.
void note_absent(const Reading& reading, const Supplied& supplied, const std::string& where,
                 Imported& imported) {
  const auto note = [&](const std::string& text) { imported.notes.push_back(where + ": " + text); };
  if (reading.row.device.empty()) note("the log does not name the device; --device NAME supplies it");
  std::vector<std::string> keys;
  for (const std::string& key : reading.absent_options)
    if (!supplied.row.options.contains(key)) keys.push_back(key);
  if (!keys.empty())
    note(fmt::format("the log does not state {}; --options {}=VALUE supplies it", joined_texts(keys),
                     keys.front()));
  const bool is_path = reading.row.model.str().find(".gguf") != std::string::npos;
  if (!supplied.given.contains("model") && !is_path && !find_entry(reading.row.model))
    note(fmt::format("{} is no model of the catalogue; --model NAME or FILE is needed to fit these rows",
                     in_quotes(reading.row.model)));
}

}  // namespace

void add_remark(std::vector<std::string>& remarks, std::string remark) {
  const bool is_new = std::find(remarks.begin(), remarks.end(), remark) == remarks.end();
  if (is_new && remarks.size() < most_remarks) remarks.push_back(std::move(remark));
}

void add_rows(const Reading& read, const Supplied& supplied, const std::string& file, Imported& imported) {
  const Reading reading = with_supplied(read, supplied);
  const std::string where = place(reading, file);
  for (const std::string& remark : reading.remarks) imported.notes.push_back(where + ": " + remark);
  if (reading.values.empty()) return;
  if (const std::vector<std::string> lacking = lacks(reading, supplied); !lacking.empty()) {
    imported.notes.push_back(fmt::format("{}: {} not written: nothing states {}", where,
                                         names_of(reading.values), joined_texts(lacking)));
    return;
  }
  note_absent(reading, supplied, where, imported);
  for (const ReadValue& value : reading.values) imported.rows.push_back(row_of(reading, value, file));
}

}  // namespace calibram
