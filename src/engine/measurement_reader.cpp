// SPDX-License-Identifier: MIT
// Measurement files: blocks of records become rows by several threads, in the order of the file.
#include "src/core/csv.hpp"
#include "src/core/csv_blocks.hpp"
#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/ordered_work.hpp"
#include "src/core/printable.hpp"
#include "src/engine/measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <new>
#include <set>
#include <utility>

namespace calibram {
namespace {

/// Turns the records of one file into measurements.
class MeasurementReader {
 public:
  explicit MeasurementReader(std::string file) : file_{std::move(file)}, file_text_{file_} {}

  /// The file's first block loses its header.
  void take_header(CsvBlock& block) {
    if (!columns_.empty()) return;
    CsvParser parser{block.text, file_, block.line};
    CsvRow row;
    if (!parser.next(row)) return;
    read_header(row);
    block = {std::string{parser.rest()}, parser.line()};
  }

  /// Any thread may ask, once the header is taken.
  std::vector<Measurement> rows_of(const CsvBlock& block) const {
    CsvParser parser{block.text, file_, block.line};
    std::vector<Known> known(columns_.size());
    std::vector<Measurement> rows;
    for (CsvRow row; parser.next(row);) rows.push_back(read_row(row, known));
    return rows;
  }

  void finish() const {
    if (columns_.empty())
      throw InputError{file_ + ": no measurements", "the file is empty, not even a header is there",
                       "name a measurements file"};
  }

 private:
  /// What rows before had in one column: the texts and pairs of most rows are those of others.
  struct Known {
    std::optional<std::string> field;  ///< of the row before
    SharedText text;                   ///< that it was read as
    std::map<std::string, Options, std::less<>> pairs;
  };

  void read_header(const CsvRow& row) {
    std::set<std::string_view> seen;
    for (const std::string_view name : row.fields) {
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

  Measurement read_row(const CsvRow& row, std::vector<Known>& known) const {
    check_field_count(row);
    Measurement measurement;
    measurement.file = file_text_;
    measurement.line = row.line;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i] != nullptr) read_field(row, *columns_[i], row.fields[i], measurement, known[i]);
    check_row(row, measurement);
    return measurement;
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

  void read_field(const CsvRow& row, const MeasurementColumn& column, std::string_view field,
                  Measurement& measurement, Known& known) const try {
    if (column.text)
      read_text(column, field, measurement, known);
    else if (column.pairs)
      read_pairs(column, field, measurement, known);
    else
      column.read(measurement, field);
  } catch (const InputError& rule) {
    fail(row, fmt::format("{} is {}", column.name, field.empty() ? "empty" : in_quotes(field)), rule.what(),
         "correct it");
  }

  static void read_text(const MeasurementColumn& column, std::string_view field, Measurement& measurement,
                        Known& known) {
    if (known.field != field) {
      column.read(measurement, field);
      known.text = measurement.*column.text;
      known.field.emplace(field);
    }
    measurement.*column.text = known.text;
  }

  static void read_pairs(const MeasurementColumn& column, std::string_view field, Measurement& measurement,
                         Known& known) {
    const auto found = known.pairs.find(field);
    if (found != known.pairs.end()) {
      measurement.*column.pairs = found->second;
      return;
    }
    column.read(measurement, field);
    known.pairs.emplace(field, measurement.*column.pairs);
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
  SharedText file_text_;                           ///< the same, as rows have it
  std::vector<const MeasurementColumn*> columns_;  ///< by position in the file; null: not ours
};

/// Hands the rows of each block to `take`, in the order of the file.
void read_blocks(CsvBlocks& blocks, const std::string& file, unsigned threads,
                 const std::function<void(std::vector<Measurement>)>& take) {
  MeasurementReader reader{file};
  OrderedWork<CsvBlock, std::vector<Measurement>> reading;
  reading.next = [&] {
    std::optional<CsvBlock> block = blocks.next();
    if (block) reader.take_header(*block);
    return block;
  };
  reading.make = [&](const CsvBlock& block) { return reader.rows_of(block); };
  reading.take = take;
  reading.run(std::min(threads, blocks.most()));
  reader.finish();
}

/// Room for as many rows more, which they need not fill: growing would copy them, and hold them twice.
void reserve_rows(std::vector<Measurement>& rows, const std::string& file, std::size_t more) try {
  if (const std::size_t needed = rows.size() + more; needed > rows.capacity())
    rows.reserve(std::max(needed, rows.capacity() * 2));
} catch (const std::bad_alloc&) {
  throw Error{"cannot read " + in_quotes(file),
              fmt::format("about {} rows need more memory than this machine has", more),
              "cut it into smaller files"};
}

}  // namespace

void read_measurements(const std::filesystem::path& file, const MeasurementHandler& handle,
                       unsigned threads) {
  CsvBlocks blocks{file};
  read_blocks(blocks, file.string(), threads, [&](std::vector<Measurement> rows) {
    for (Measurement& row : rows) handle(std::move(row));
  });
}

std::vector<Measurement> read_measurements(const std::filesystem::path& file) {
  return read_measurements(std::array{file.string()});
}

std::vector<Measurement> read_measurements(std::span<const std::string> files) {
  std::vector<Measurement> all;
  for (const std::string& file : files) {
    CsvBlocks blocks{file};
    bool is_first = true;
    read_blocks(blocks, file, machine_threads(), [&](std::vector<Measurement> rows) {
      if (std::exchange(is_first, false)) reserve_rows(all, file, rows.size() * blocks.most());
      std::ranges::move(rows, std::back_inserter(all));
    });
  }
  return all;
}

}  // namespace calibram
