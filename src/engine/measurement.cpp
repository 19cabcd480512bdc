// SPDX-License-Identifier: MIT
// Measurement files: the header, the rows, and the data dictionary, all from the table of columns.
#include "src/engine/measurement.hpp"

#include "src/core/csv.hpp"
#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/printable.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace calibram {
namespace {

/// Turns the records of one file into measurements.
class MeasurementReader {
 public:
  MeasurementReader(std::string file, const MeasurementHandler& handle)
      : file_{std::move(file)}, handle_{handle} {}

  void read(const CsvRow& row) {
    if (columns_.empty())
      read_header(row);
    else
      read_row(row);
  }

  void finish() const {
    if (columns_.empty())
      throw InputError{file_ + ": no measurements", "the file is empty, not even a header is there",
                       "name a measurements file"};
  }

 private:
  void read_header(const CsvRow& row) {
    std::set<std::string_view> seen;
    for (const std::string& name : row.fields) {
      if (!name.empty() && !seen.insert(name).second)
        fail(row, "column " + in_quotes(name) + " is there twice", "which one counts would be a guess",
             "drop one of them");
      const auto known = measurement_columns();
      const auto column =
          std::find_if(known.begin(), known.end(), [&](const auto& c) { return c.name == name; });
      columns_.push_back(column == known.end() ? nullptr : &*column);
    }
    std::vector<std::string_view> missing;
    for (const MeasurementColumn& column : measurement_columns())
      if (column.required && !seen.contains(column.name)) missing.push_back(column.name);
    if (!missing.empty())
      fail(row, "the header lacks " + joined(missing), "every measurements file has them, even if empty",
           "add them, or name a measurements file");
  }

  void read_row(const CsvRow& row) const {
    check_field_count(row);
    Measurement measurement;
    measurement.file = file_;
    measurement.line = row.line;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i] != nullptr) read_field(row, *columns_[i], row.fields[i], measurement);
    check_row(row, measurement);
    handle_(std::move(measurement));
  }

  void check_field_count(const CsvRow& row) const {
    const std::size_t count = row.fields.size();
    if (count == columns_.size()) return;
    const std::string problem = fmt::format("{} fields where the header has {}", count, columns_.size());
    if (count < columns_.size() && !row.has_line_end)
      fail(row, problem, "the file was cut in its last line",
           "run \"calibram measure --resume\", or delete the line");
    fail(row, problem, "a comma is missing or not quoted", "correct the line");
  }

  void read_field(const CsvRow& row, const MeasurementColumn& column, const std::string& field,
                  Measurement& measurement) const try {
    column.read(measurement, field);
  } catch (const InputError& rule) {
    fail(row, fmt::format("{} is {}", column.name, field.empty() ? "empty" : in_quotes(field)), rule.what(),
         "correct it");
  }

  void check_row(const CsvRow& row, Measurement& measurement) const {
    if (!measurement.value && measurement.outcome.empty())
      fail(row, "value is empty", "a row without an outcome has one", "add the value, or say the outcome");
    Workload& workload = measurement.workload;
    if (workload.prompt == 0 && !workload.context)
      fail(row, "prompt and context are empty", "one of them says how many tokens there were", "add one");
    workload.prompt = std::max<std::int64_t>(workload.prompt, 1);
    try {
      validate(workload);
    } catch (const InputError& error) {
      fail(row, error.what(), "", "");
    }
  }

  [[noreturn]] void fail(const CsvRow& row, const std::string& problem, const std::string& reason,
                         const std::string& remedy) const {
    throw InputError{fmt::format("{}:{}: {}", file_, row.line, problem), reason, remedy};
  }

  std::string file_;
  const MeasurementHandler& handle_;
  std::vector<const MeasurementColumn*> columns_;  ///< by position in the file; null: not ours
};

/// A row is one line, so that a file that was cut can be repaired line by line.
std::string without_line_ends(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

}  // namespace

std::string csv_header() {
  std::vector<std::string> names;
  for (const MeasurementColumn& column : measurement_columns()) names.emplace_back(column.name);
  return csv_record(names);
}

std::string csv_row(const Measurement& measurement) {
  std::vector<std::string> fields;
  for (const MeasurementColumn& column : measurement_columns())
    fields.push_back(without_line_ends(column.write(measurement)));
  return csv_record(fields);
}

void read_measurements(const std::filesystem::path& file, const MeasurementHandler& handle) {
  MeasurementReader reader{file.string(), handle};
  read_csv(file, [&](const CsvRow& row) { reader.read(row); });
  reader.finish();
}

std::vector<Measurement> read_measurements(const std::filesystem::path& file) {
  std::vector<Measurement> measurements;
  read_measurements(file, [&](Measurement row) { measurements.push_back(std::move(row)); });
  return measurements;
}

bool same_configuration(const Measurement& a, const Measurement& b) {
  return configuration_of(a) == configuration_of(b);
}

std::string data_dictionary() {
  TextTable table{{{"name"}, {"unit"}, {"meaning"}}};
  for (const MeasurementColumn& column : measurement_columns())
    table.add_row({fmt::format("`{}`", column.name), std::string{column.unit},
                   fmt::format("{}{}", column.meaning, column.required ? "" : " (optional column)")});
  return "# Columns of a measurements file\n\n"
         "A measurements file is CSV (RFC 4180, UTF-8) with a header. A row is one configuration and one "
         "metric\n"
         "of it. Counts are whole bytes or tokens; an absent number is an empty field, never 0. Columns may "
         "stand\n"
         "in any order; those of other names are ignored.\n\n" +
         table.markdown();
}

}  // namespace calibram
