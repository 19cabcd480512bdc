// SPDX-License-Identifier: MIT
// The measurement record: one row of a measurements CSV, and the single table of its columns.
#pragma once

#include "src/core/ordered_work.hpp"
#include "src/core/shared_text.hpp"
#include "src/engine/question.hpp"
#include "src/model/library.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace calibram {

/// One configuration and one metric of it, as measured. Absent numbers are absent, never 0.
struct Measurement {
  SharedText model;
  SharedText runtime = "calibram";
  SharedText weights, kv;
  Workload workload;
  int devices = 1;
  Split split = Split::none;
  Options options;
  Metric metric = Metric::allocated;
  std::optional<std::int64_t> value;  ///< bytes, or tokens for kv_tokens; absent when the outcome is not ok
  std::optional<std::int64_t> resolution;  ///< half the last printed digit, same unit
  SharedText device, source;
  // The ledger of our own sweeps.
  std::optional<std::int64_t> predicted;    ///< theory's peak, before rounding
  std::optional<std::int64_t> requested;    ///< asked of the allocator at the peak
  std::optional<std::int64_t> rounded;      ///< what the allocator made of it
  std::optional<std::int64_t> driver;       ///< what the kernel or driver saw above the fixed cost
  std::optional<std::int64_t> unaccounted;  ///< driver - rounded, and on a card - late
  /// Empty: ok; near_full, skipped, rejected, out_of_memory, killed, failed.
  SharedText outcome;
  SharedText reason;                         ///< why the outcome is not ok
  SharedText counter;                        ///< which kernel counter gave the value
  std::optional<std::int64_t> fixed;         ///< the process before weights: program, libraries, scratch
  std::optional<std::int64_t> slack;         ///< how far that counter may lag behind
  std::optional<std::int64_t> cuda_context;  ///< of `fixed` on a card: the CUDA context
  std::optional<std::int64_t> handles;       ///< of `fixed` on a card: cuBLAS and its workspace
  std::optional<std::int64_t> modules;       ///< of `fixed` on a card: kernels loaded by the warm-up
  std::optional<std::int64_t> late;          ///< what grew beside the tensors after that
  std::optional<std::int64_t> layers_executed;
  std::optional<std::int64_t> wall_milliseconds;
  // Who measured, when, and with what: what a drift is held against.
  SharedText measured_at;  ///< ISO 8601, UTC
  SharedText machine;      ///< the one that was measured, of several of a kind: host name, and a card's UUID
  Options versions;        ///< of what took part: calibram, commit, kernel, driver, cuda, ...

  SharedText file;  ///< where it was read from
  std::int64_t line = 0;
};

/// A column: its name, the unit and meaning for the data dictionary, and how a field is written and read.
struct MeasurementColumn {
  std::string_view name;
  std::string_view unit;
  std::string_view meaning;
  bool required;  ///< every measurements file has it
  std::string (*write)(const Measurement&);
  void (*read)(Measurement&, std::string_view field);  ///< @throws InputError "must be ..."
  Options Measurement::*pairs = nullptr;               ///< what it reads, where that is a list of pairs
  SharedText Measurement::*text = nullptr;             ///< or a text
};

/// All columns in file order: header, rows and data dictionary come from this table.
std::span<const MeasurementColumn> measurement_columns();

/// The header line and a row, without line end. A row is one line: line ends in its texts become blanks.
std::string csv_header();
std::string csv_row(const Measurement& measurement);

using MeasurementHandler = std::function<void(Measurement)>;

/// Hands the rows of a measurements file to `handle` one by one, in their order. Unknown columns are ignored;
/// order is free. A row needs a prompt or a context; without a prompt, it counts as 1.
/// @param threads  that read; the rows are the same for any number
/// @throws InputError with file:line for what is malformed or missing, the first in the file
void read_measurements(const std::filesystem::path& file, const MeasurementHandler& handle,
                       unsigned threads = machine_threads());

/// All rows of a file, or of several, one after the other.
std::vector<Measurement> read_measurements(const std::filesystem::path& file);
std::vector<Measurement> read_measurements(std::span<const std::string> files);

/// What was measured, without value, ledger and provenance: rows can be ordered by it.
inline auto configuration_of(const Measurement& row) {
  return std::tie(row.model, row.runtime, row.weights, row.kv, row.workload, row.devices, row.split,
                  row.options, row.metric, row.device);
}

/// Two rows measure the same thing when their configurations agree.
bool same_configuration(const Measurement& a, const Measurement& b);

/// What a row in the file `csv` calls the model that `model` names in the working directory: a path becomes
/// one relative to the file's folder, a name stays.
std::string model_as_recorded(const std::string& model, const std::filesystem::path& csv);

/// The question that a row answers. Model paths are relative to the row's file.
/// @param models  shared by the rows of a list, whose models they load once
/// @throws InputError when its model, formats or runtime are unknown
Question question_of(const Measurement& measurement, ModelLibrary& models);

/// The same for one row alone.
Question question_of(const Measurement& measurement);

/// The data dictionary in Markdown.
std::string data_dictionary();

}  // namespace calibram
