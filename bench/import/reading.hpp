// SPDX-License-Identifier: MIT
// What a reader found out about one start of an engine, and how that becomes measurement rows.
#pragma once

#include "bench/import/quantity.hpp"
#include "src/engine/measurement.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace calibram {

/// One number of a start.
struct ReadValue {
  Metric metric = Metric::device;
  std::optional<Quantity> quantity{};  ///< absent where the outcome is not ok
  std::string parts{};                 ///< for people: what it was added up from
  std::string outcome{}, reason{};
  std::string counter{};
};

/// One start of an engine with its settings and its numbers.
struct Reading {
  Measurement row{};               ///< the settings; columns that nothing states are as they are made
  std::set<std::string> stated{};  ///< columns of `row` that the log states
  std::vector<ReadValue> values{};
  /// Settings on which memory depends, that the log does not state, and what supplies them: "max_num_seqs".
  std::vector<std::string> absent_options{};
  std::vector<std::string> remarks{};
  std::int64_t first_line = 0, last_line = 0;

  void state(const std::string& column) { stated.insert(column); }
};

/// What one log may make us keep: no real one has more, and a crafted one must not take all memory.
inline constexpr std::size_t most_starts = 4096, most_parts = 4096, most_remarks = 20;

/// Keeps a remark, once.
void add_remark(std::vector<std::string>& remarks, std::string remark);

/// What the user says of a log, column by column: it goes before what the log says.
struct Supplied {
  Measurement row{};
  std::set<std::string> given{};  ///< names of columns
};

struct Imported {
  std::vector<Measurement> rows;
  std::vector<std::string> notes;  ///< what could not be read or used, and why
};

/// Adds the rows of a start. Values whose model, engine version or tokens nobody states become notes: they
/// would be read as something else.
/// @param file  the log's name, for notes and the source column
void add_rows(const Reading& reading, const Supplied& supplied, const std::string& file, Imported& imported);

}  // namespace calibram
