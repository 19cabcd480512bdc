// SPDX-License-Identifier: MIT
// Measurements as text: the header, a row, and the data dictionary, all from the table of columns.
#include "src/engine/measurement.hpp"

#include "src/core/csv.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

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
