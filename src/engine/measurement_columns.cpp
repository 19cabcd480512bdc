// SPDX-License-Identifier: MIT
// The one table of a measurement's columns: name, unit, meaning, how a field is written and read.
#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/number.hpp"
#include "src/engine/measurement.hpp"

#include <algorithm>
#include <array>

namespace calibram {
namespace {

// More cards than any machine has; keeps sums over devices small.
constexpr std::int64_t most_devices = 65536;

constexpr std::array<std::string_view, 3> split_names = {"", "layers", "tensor"};

/// The column's name and value are added where file and line are.
[[noreturn]] void throw_rule(const std::string& rule) { throw InputError{"must be " + rule, "", ""}; }

std::int64_t read_integer(std::string_view field, std::int64_t lowest,
                          std::int64_t highest = highest_integer) {
  const std::optional<std::int64_t> number = parse_integer(field);
  if (!number || *number < lowest || *number > highest) throw_rule(integer_rule(lowest, highest));
  return *number;
}

std::int64_t read_integer_or(std::int64_t absent, std::string_view field, std::int64_t lowest,
                             std::int64_t highest = highest_integer) {
  return field.empty() ? absent : read_integer(field, lowest, highest);
}

using Count = std::optional<std::int64_t>;

Count read_optional(std::string_view field, std::int64_t lowest) {
  return field.empty() ? Count{} : Count{read_integer(field, lowest)};
}

std::string number_text(const Count& number) { return number ? std::to_string(*number) : std::string{}; }

void read_split(Measurement& row, std::string_view field) {
  const auto found = std::find(split_names.begin(), split_names.end(), field);
  if (found == split_names.end()) throw_rule("layers, tensor or empty");
  row.split = static_cast<Split>(found - split_names.begin());
}

void read_metric(Measurement& row, std::string_view field) {
  const auto found = std::find(metric_names.begin(), metric_names.end(), field);
  if (found == metric_names.end() && !field.empty()) throw_rule("one of " + joined(metric_names));
  row.metric = field.empty() ? Metric::allocated : static_cast<Metric>(found - metric_names.begin());
}

template <Options Measurement::*member>
void read_pairs(Measurement& row, std::string_view field) try {
  row.*member = parse_options(field);
} catch (const InputError&) {
  throw_rule("key=value pairs joined by ';', each key once");
}

template <SharedText Measurement::*member>
constexpr MeasurementColumn text_column(std::string_view name, std::string_view meaning, bool required) {
  return {name,
          "",
          meaning,
          required,
          [](const Measurement& row) { return (row.*member).str(); },
          [](Measurement& row, std::string_view field) { row.*member = field; },
          nullptr,
          member};
}

template <Count Measurement::*member, std::int64_t lowest>
constexpr MeasurementColumn count_column(std::string_view name, std::string_view unit,
                                         std::string_view meaning, bool required) {
  return {name,
          unit,
          meaning,
          required,
          [](const Measurement& row) { return number_text(row.*member); },
          [](Measurement& row, std::string_view field) { row.*member = read_optional(field, lowest); }};
}

using Row = Measurement;
using Field = std::string_view;

constexpr std::array columns = {
    MeasurementColumn{"model", "", "catalogue name, or path of a model file relative to this file", true,
                      [](const Row& row) { return row.model.str(); },
                      [](Row& row, Field field) {
                        if (field.empty()) throw_rule("a catalogue name or the path of a model file");
                        row.model = field;
                      },
                      nullptr, &Row::model},
    MeasurementColumn{"runtime", "", "engine whose memory it is, family@version; empty: calibram", true,
                      [](const Row& row) { return row.runtime.str(); },
                      [](Row& row, Field field) {
                        if (!field.empty()) row.runtime = field;
                      },
                      nullptr, &Row::runtime},
    text_column<&Row::weights>("weights", "format of the weights", true),
    text_column<&Row::kv>("kv", "format of the KV cache", true),
    MeasurementColumn{"batch", "sequences", "sequences at once; empty: 1", true,
                      [](const Row& row) { return number_text(row.workload.batch); },
                      [](Row& row, Field field) { row.workload.batch = read_integer_or(1, field, 1); }},
    // 0 stands for absent until the whole row is read.
    MeasurementColumn{"prompt", "tokens", "prompt of each sequence; may be empty where context is given",
                      true, [](const Row& row) { return number_text(row.workload.prompt); },
                      [](Row& row, Field field) { row.workload.prompt = read_integer_or(0, field, 1); }},
    MeasurementColumn{"generate", "tokens", "generated by each sequence; empty: 0", true,
                      [](const Row& row) { return number_text(row.workload.generate); },
                      [](Row& row, Field field) { row.workload.generate = read_integer_or(0, field, 0); }},
    MeasurementColumn{"context", "tokens", "reserved for each sequence; empty: prompt + generate", true,
                      [](const Row& row) { return number_text(row.workload.context); },
                      [](Row& row, Field field) { row.workload.context = read_optional(field, 1); }},
    MeasurementColumn{"devices", "", "number of devices; empty: 1", true,
                      [](const Row& row) { return std::to_string(row.devices); },
                      [](Row& row, Field field) {
                        row.devices = static_cast<int>(read_integer_or(1, field, 1, most_devices));
                      }},
    MeasurementColumn{
        "split", "", "how devices share the model: layers or tensor; empty on one device", true,
        [](const Row& row) { return std::string{split_names[static_cast<std::size_t>(row.split)]}; },
        read_split},
    MeasurementColumn{"options", "", "key=value pairs joined by ';', for what only this runtime has", true,
                      [](const Row& row) { return options_text(row.options); }, read_pairs<&Row::options>,
                      &Row::options},
    MeasurementColumn{"metric", "", "what the value counts; empty: allocated", true,
                      [](const Row& row) { return std::string{name_of(row.metric)}; }, read_metric},
    count_column<&Row::value, 0>("value", "bytes or tokens",
                                 "the measurement; tokens for kv_tokens; empty where the outcome is not ok",
                                 true),
    count_column<&Row::resolution, 0>("resolution", "bytes or tokens",
                                      "half the last digit that the source prints; empty: unknown", true),
    text_column<&Row::device>("device", "name of the device", true),
    text_column<&Row::source>("source", "where the number comes from", true),
    count_column<&Row::predicted, 0>("predicted", "bytes", "peak by theory, before rounding", false),
    count_column<&Row::requested, 0>("requested", "bytes", "asked of the allocator at the peak", false),
    count_column<&Row::rounded, 0>("rounded", "bytes", "what the allocator made of that", false),
    count_column<&Row::driver, lowest_integer>("driver", "bytes",
                                               "what the driver or kernel saw above the fixed cost", false),
    count_column<&Row::unaccounted, lowest_integer>(
        "unaccounted", "bytes",
        "driver - rounded, and on a card less what of `late` was there at the peak; may be negative", false),
    MeasurementColumn{"outcome", "",
                      "empty: ok; else near_full (the peak left less than 2 % of the card), skipped, "
                      "rejected, out_of_memory, killed or failed; only rows without one are fitted",
                      false, [](const Row& row) { return row.outcome.str(); },
                      [](Row& row, Field field) { row.outcome = field == "ok" ? "" : field; }, nullptr,
                      &Row::outcome},
    text_column<&Row::reason>("reason", "why the outcome is not ok", false),
    text_column<&Row::counter>("counter", "counter of the driver or kernel that gave the value", false),
    count_column<&Row::fixed, 0>("fixed", "bytes", "the process before weights: program, libraries, scratch",
                                 false),
    count_column<&Row::slack, 0>("slack", "bytes", "how far the counter may lag behind", false),
    count_column<&Row::cuda_context, lowest_integer>(
        "cuda_context", "bytes", "of `fixed` on a card: the CUDA context; empty without NVML", false),
    count_column<&Row::handles, lowest_integer>(
        "handles", "bytes", "of `fixed` on a card: cuBLAS, its workspace included", false),
    count_column<&Row::modules, lowest_integer>(
        "modules", "bytes", "of `fixed` on a card: kernels that the warm-up loaded", false),
    count_column<&Row::late, lowest_integer>(
        "late", "bytes",
        "growth beside the tensors from the end of the KV cache's allocation to the last step: kernels, "
        "stacks, workspaces",
        false),
    count_column<&Row::layers_executed, 0>("layers_executed", "layers", "layers that were really run", false),
    count_column<&Row::wall_milliseconds, 0>("wall_milliseconds", "ms", "duration of the run", false),
    text_column<&Row::measured_at>("measured_at", "when it was measured, ISO 8601, UTC", false),
    text_column<&Row::machine>(
        "machine", "which one of several of a kind was measured: host name, and the UUID of a card", false),
    MeasurementColumn{"versions", "", "key=value pairs joined by ';': versions of what took part", false,
                      [](const Row& row) { return options_text(row.versions); }, read_pairs<&Row::versions>,
                      &Row::versions},
};

}  // namespace

std::span<const MeasurementColumn> measurement_columns() { return columns; }

}  // namespace calibram
