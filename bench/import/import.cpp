// SPDX-License-Identifier: MIT
// Gives a file to the reader of its kind, and says what is wrong when nothing comes out.
#include "bench/import/import.hpp"

#include "bench/import/kind_guess.hpp"
#include "bench/import/log_reader.hpp"
#include "bench/import/torch/snapshot.hpp"
#include "bench/import/torch/statistics.hpp"
#include "src/core/byte_reader.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/names.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <functional>

namespace calibram {
namespace {

constexpr Bytes largest_snapshot{std::int64_t{4} << 30};
constexpr Bytes largest_statistics{16 << 20};
constexpr std::int64_t largest_input{1 << 30};  ///< of a dump on standard input

struct KindWords {
  std::string_view wrote;  ///< what is expected
  std::unique_ptr<LogReader> (*reader)();
};
constexpr std::array<KindWords, 3> kinds = {{
    {"the log of a vLLM server's start, with lines such as \"Model loading took 14.99 GiB memory\" and "
     "\"Available KV cache memory: 58.11 GiB\"",
     vllm_log},
    {"the log of llama-server, llama-cli or llama-bench, with lines such as \"CUDA0 model buffer size = "
     "4095.05 "
     "MiB\" and \"llama_context: n_ctx = 4096\"",
     llama_cpp_log},
    {"a pickle of torch.cuda.memory._dump_snapshot(), JSON of memory_stats(), or text of memory_summary()",
     torch_summary},
}};

const KindWords& words_of(LogKind kind) { return kinds[static_cast<std::size_t>(kind)]; }
std::string_view name_of(LogKind kind) { return log_kind_names[static_cast<std::size_t>(kind)]; }

/// Why nothing came of a log, in the order of what explains most.
[[noreturn]] void fail_empty(LogKind kind, const std::string& name, const LogSummary& summary,
                             const KindGuess& guess, const Imported& imported) {
  const std::string problem = fmt::format("cannot import {} as {}", in_quotes(name), name_of(kind));
  const std::string expected = fmt::format("expected is {}", words_of(kind).wrote);
  if (summary.lines == 0) throw InputError{problem, "the file is empty", expected};
  if (summary.is_utf16)
    throw InputError{problem, "it is UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"};
  if (summary.nul_bytes > 0) throw InputError{problem, "it is a binary file", expected};
  if (!imported.notes.empty()) {
    std::string reason = imported.notes.front();
    for (std::size_t i = 1; i < imported.notes.size(); ++i) reason += "; " + imported.notes[i];
    throw InputError{problem, printable(reason, 1000), "supply what is missing, or name a whole log"};
  }
  if (const std::string_view other = guess.kind(); !other.empty() && other != name_of(kind))
    throw InputError{problem, fmt::format("it looks like the output of {}", other),
                     fmt::format("run \"calibram import {} {}\"", other, printable(name))};
  throw InputError{problem, fmt::format("none of its {} lines tells anything about memory", summary.lines),
                   expected};
}

using Stream = std::function<LogSummary(const LogLineHandler&)>;

Imported import_lines(LogKind kind, const std::string& name, const Supplied& supplied, const Stream& stream) {
  const std::unique_ptr<LogReader> reader = words_of(kind).reader();
  KindGuess guess;
  const LogSummary summary = stream([&](const LogLine& line) {
    guess.see(line.text);
    reader->read(line);
  });
  Imported imported;
  for (const Reading& reading : reader->finish()) add_rows(reading, supplied, name, imported);
  if (imported.rows.empty()) fail_empty(kind, name, summary, guess, imported);
  if (summary.cut_lines > 0)
    imported.notes.push_back(fmt::format("{}: {} lines are longer than {} bytes: what follows was not read",
                                         name, summary.cut_lines, longest_log_line));
  return imported;
}

/// What a dump of PyTorch begins with.
enum class Dump : unsigned char { pickle, archive, json, text };
Dump dump_of(std::string_view start) {
  constexpr char protocol = '\x80';
  if (start.starts_with(protocol)) return Dump::pickle;
  if (start.starts_with("PK\x03\x04")) return Dump::archive;
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  return first != start.npos && (start[first] == '{' || start[first] == '[') ? Dump::json : Dump::text;
}

Imported rows_of(const Reading& reading, const std::string& name, const Supplied& supplied) {
  Imported imported;
  add_rows(reading, supplied, name, imported);
  if (imported.rows.empty()) fail_empty(LogKind::torch, name, {.lines = 1}, {}, imported);
  return imported;
}

[[noreturn]] void fail_archive(const std::string& name) {
  throw InputError{"cannot import " + in_quotes(name) + " as torch",
                   "it is an archive, as torch.save() writes",
                   fmt::format("expected is {}", words_of(LogKind::torch).wrote)};
}

std::string read_all(const FileDescriptor& file, const std::string& name) {
  std::string bytes;
  std::vector<char> buffer(1 << 18);
  while (const std::size_t count = read_some(file, buffer, name)) {
    bytes.append(buffer.data(), count);
    if (static_cast<std::int64_t>(bytes.size()) > largest_input)
      throw InputError{"cannot import " + in_quotes(name), "standard input is larger than 1 GiB",
                       "write it to a file and name that"};
  }
  return bytes;
}

}  // namespace

LogKind log_kind_named(std::string_view name) {
  const auto found = std::find(log_kind_names.begin(), log_kind_names.end(), lower_case(name));
  if (found == log_kind_names.end()) throw unknown_name("kind of log", name, log_kind_names);
  return static_cast<LogKind>(found - log_kind_names.begin());
}

Imported import_text(LogKind kind, std::string_view bytes, const std::string& name,
                     const Supplied& supplied) {
  const Dump dump = kind == LogKind::torch ? dump_of(bytes) : Dump::text;
  if (dump == Dump::archive) fail_archive(name);
  if (dump == Dump::json) return rows_of(read_statistics(bytes, name), name, supplied);
  if (dump == Dump::pickle) {
    const Bytes size{static_cast<std::int64_t>(bytes.size())};
    ByteReader reader{bytes, size, name, largest_snapshot};
    return rows_of(read_snapshot(reader), name, supplied);
  }
  return import_lines(kind, name, supplied, [&](const LogLineHandler& handle) {
    LogLineReader lines{handle};
    lines.read(bytes);
    return lines.finish();
  });
}

Imported import_file(LogKind kind, const std::string& file, const Supplied& supplied) {
  const bool is_input = file == "-";
  const std::string name = is_input ? "standard input" : file;
  const FileDescriptor descriptor = is_input ? FileDescriptor{::dup(STDIN_FILENO)} : open_regular_file(file);
  if (kind != LogKind::torch)
    return import_lines(kind, name, supplied,
                        [&](const LogLineHandler& handle) { return read_log(descriptor, name, handle); });
  if (is_input) return import_text(kind, read_all(descriptor, name), name, supplied);
  std::array<char, 64> start{};
  const std::size_t count = read_at(descriptor, 0, start, file);
  switch (dump_of({start.data(), count})) {
    case Dump::archive:
      fail_archive(name);
    case Dump::json:
      return rows_of(read_statistics(read_file(file, largest_statistics), name), name, supplied);
    case Dump::pickle: {
      ByteReader reader{file, largest_snapshot};
      return rows_of(read_snapshot(reader), name, supplied);
    }
    case Dump::text:
      break;
  }
  return import_lines(kind, name, supplied,
                      [&](const LogLineHandler& handle) { return read_log(descriptor, name, handle); });
}

}  // namespace calibram
