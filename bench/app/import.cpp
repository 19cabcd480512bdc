// SPDX-License-Identifier: MIT
// calibram import: an engine's log, or a dump of PyTorch, to measurement rows.
#include "bench/import/import.hpp"

#include "bench/app/verbs.hpp"
#include "src/core/error.hpp"
#include "src/core/line_appender.hpp"
#include "src/core/names.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>

namespace calibram {
namespace {

/// Columns that a user can state.
constexpr std::array<std::string_view, 15> flags = {
    "model",   "runtime", "weights", "kv",     "batch",       "prompt",  "generate", "context",
    "devices", "split",   "options", "device", "measured_at", "machine", "versions"};

struct ImportOptions {
  std::string kind, output;
  std::vector<std::string> files;
  std::map<std::string, std::string> texts;
  std::map<std::string, const CLI::Option*> given;
  bool json = false;
};

void add_flags(CLI::App& verb, ImportOptions& options) {
  for (const MeasurementColumn& column : measurement_columns()) {
    const std::string name{column.name};
    if (std::find(flags.begin(), flags.end(), name) == flags.end()) continue;
    options.given[name] = verb.add_option("--" + name, options.texts[name],
                                          fmt::format("Goes before what the log says: {}", column.meaning));
  }
}

Supplied supplied_by(const ImportOptions& options) {
  Supplied supplied;
  for (const MeasurementColumn& column : measurement_columns()) {
    const std::string name{column.name};
    const auto flag = options.given.find(name);
    if (flag == options.given.end() || flag->second->count() == 0) continue;
    const std::string& text = options.texts.at(name);
    if (text.empty()) throw InputError{fmt::format("--{} is empty", name), "", "give it a value, or drop it"};
    try {
      column.read(supplied.row, text);
    } catch (const InputError& rule) {
      throw InputError{fmt::format("invalid --{} {}", name, in_quotes(text)), rule.what(), "correct it"};
    }
    supplied.given.insert(name);
  }
  return supplied;
}

/// All files; one of which nothing can be used does not keep the others from being imported.
Imported import_all(const ImportOptions& options, const Supplied& supplied) {
  const LogKind kind = log_kind_named(options.kind);
  Imported all;
  for (const std::string& file : options.files) {
    try {
      Imported one = import_file(kind, file, supplied);
      std::move(one.rows.begin(), one.rows.end(), std::back_inserter(all.rows));
      std::move(one.notes.begin(), one.notes.end(), std::back_inserter(all.notes));
    } catch (const InputError& error) {
      if (options.files.size() == 1) throw;
      all.notes.emplace_back(error.what());
    }
  }
  return all;
}

void print_notes(const Imported& imported) {
  constexpr std::size_t longest = 1000;
  for (const std::string& note : imported.notes) std::cerr << "note: " << printable(note, longest) << "\n";
}

/// A row as JSON: numbers where the column has a unit, nothing where it is empty.
nlohmann::ordered_json json_of(const Measurement& row) {
  auto object = nlohmann::ordered_json::object();
  for (const MeasurementColumn& column : measurement_columns()) {
    const std::string text = column.write(row);
    const std::optional<std::int64_t> number = column.unit.empty() ? std::nullopt : parse_integer(text);
    if (number)
      object[std::string{column.name}] = *number;
    else if (!text.empty())
      object[std::string{column.name}] = text;
  }
  return object;
}

void print_json(const Imported& imported) {
  auto rows = nlohmann::ordered_json::array();
  for (const Measurement& row : imported.rows) rows.push_back(json_of(row));
  const nlohmann::ordered_json document = {{"rows", rows}, {"notes", imported.notes}};
  std::cout << document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void print_csv(const Imported& imported) {
  std::cout << csv_header() << "\n";
  for (const Measurement& row : imported.rows) std::cout << csv_row(row) << "\n";
}

/// Paths of models are relative to the file that the rows go to.
void write_csv(const std::string& name, const Imported& imported) {
  LineAppender file = LineAppender::create(name, csv_header());
  for (Measurement row : imported.rows) {
    row.model = model_as_recorded(row.model, name);
    file.append(csv_row(row));
  }
}

int run_import(const ImportOptions& options) {
  const Imported imported = import_all(options, supplied_by(options));
  print_notes(imported);
  if (imported.rows.empty())
    throw InputError{"nothing was imported", "none of the files could be used",
                     fmt::format("name logs of {}", options.kind)};
  const bool has_file = !options.output.empty() && options.output != "-";
  if (has_file) write_csv(options.output, imported);
  if (options.json)
    print_json(imported);
  else if (!has_file)
    print_csv(imported);
  return status_done;
}

}  // namespace

Action add_import(CLI::App& verb) {
  auto options = std::make_shared<ImportOptions>();
  verb.add_option("KIND", options->kind, "Whose: " + joined(log_kind_names))->required();
  verb.add_option("FILE", options->files, "Logs or dumps; - is standard input")->required();
  verb.add_option("-o,--output", options->output, "Write the rows here; - is standard output, the default");
  add_flags(verb, *options);
  verb.add_flag("--json", options->json, "Print one JSON document");
  return [options] { return run_import(*options); };
}

}  // namespace calibram
