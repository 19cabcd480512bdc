// SPDX-License-Identifier: MIT
// Reads a log of llama.cpp: which line belongs to which model and context.
#include "bench/import/llama_cpp/patterns.hpp"
#include "bench/import/llama_cpp/start.hpp"
#include "bench/import/log_reader.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <list>

namespace calibram {
namespace {

/// Groups that are settings.
constexpr std::array settings = {
    std::string_view{"model"},         std::string_view{"offloaded"},  std::string_view{"layers"},
    std::string_view{"n_ctx"},         std::string_view{"n_seq_max"},  std::string_view{"n_batch"},
    std::string_view{"n_ubatch"},      std::string_view{"flash_attn"}, std::string_view{"flash_attn_set"},
    std::string_view{"type_k"},        std::string_view{"type_v"},     std::string_view{"kv_unified"},
    std::string_view{"n_outputs_max"}, std::string_view{"swa_full"}};

/// A group that holds a number, the unit and where it goes.
struct BufferGroup {
  std::string_view name;
  Buffers LlamaCppStart::*buffers;
  std::string_view unit = "MiB";
  Printed printed = Printed::rounded;
  bool adds_up = false;  ///< several buffers have one name: the caches of sliding and of full attention
};
constexpr std::array buffer_groups = {
    BufferGroup{.name = "weights_mib", .buffers = &LlamaCppStart::weights, .adds_up = true},
    BufferGroup{.name = "kv_mib", .buffers = &LlamaCppStart::kv, .adds_up = true},
    BufferGroup{"output_mib", &LlamaCppStart::output},
    BufferGroup{"compute_mib", &LlamaCppStart::compute},
    BufferGroup{"row_model", &LlamaCppStart::table_weights, "MiB", Printed::cut_off},
    BufferGroup{"row_context", &LlamaCppStart::table_kv, "MiB", Printed::cut_off},
    BufferGroup{"row_compute", &LlamaCppStart::table_compute, "MiB", Printed::cut_off},
};

bool is_buffer_name(std::string_view group) { return group.ends_with("_buffer") || group == "row_name"; }

std::string_view text_of(const std::vector<Capture>& captures, std::string_view name) {
  const auto found =
      std::find_if(captures.begin(), captures.end(), [&](const Capture& c) { return c.name == name; });
  return found == captures.end() ? std::string_view{} : found->text;
}

/// Compiled once: it takes longer than reading a log.
const LineMatcher& llama_cpp_lines() {
  static const LineMatcher compiled{llama_cpp_patterns()};
  return compiled;
}

class LlamaCppLog : public LogReader {
 public:
  void read(const LogLine& line) override {
    const std::vector<Capture> captures = matcher_.match(line);
    if (captures.empty()) return;
    take_version(captures);
    if (!text_of(captures, "fit_begins").empty()) is_fitting_ = true;
    if (!text_of(captures, "fit_ends").empty()) is_fitting_ = false;
    if (const std::string_view id = text_of(captures, "device_id");
        !id.empty() && device_names_.size() < most_parts)
      device_names_[std::string{id}] = text_of(captures, "device_name");
    if (is_fitting_) {
      ++lines_fitting_;
      return;
    }
    begin_start(captures);
    if (!is_about_starts(captures)) return;
    LlamaCppStart& start = starts_.back().start;
    start.see_line(line.number);
    take(captures, start);
  }

  std::vector<Reading> finish() override {
    std::vector<Reading> readings;
    const bool has_one_version = std::all_of(starts_.begin(), starts_.end(), [&](const Versioned& start) {
      return start.version.empty() || start.version == version_;
    });
    for (auto& [start, version] : starts_) {
      if (start.first_line == 0 || start.is_projected) continue;
      start.device_names = device_names_;
      readings.push_back(start.reading(has_one_version ? version_ : version));
    }
    if (is_fitting_ && lines_fitting_ > 0)
      readings.push_back(
          {.remarks = {"the log ends while llama.cpp fits its parameters to the device: what it "
                       "projects is no measurement"}});
    return readings;
  }

 private:
  struct Versioned {
    LlamaCppStart start;
    std::string version;  ///< as last printed before
  };

  void take_version(const std::vector<Capture>& captures) {
    if (const std::string_view release = text_of(captures, "release"); !release.empty())
      version_ = "v" + std::string{release};
    else if (const std::string_view build = text_of(captures, "build"); !build.empty())
      version_ = "b" + std::string{build};
  }

  /// A model begins a start; so does every context on it but the first.
  void begin_start(const std::vector<Capture>& captures) {
    if (starts_.size() >= most_starts) return;
    if (!text_of(captures, "model").empty())
      starts_.push_back({LlamaCppStart{}, version_});
    else if (!text_of(captures, "n_seq_max").empty() && starts_.back().start.has_context())
      starts_.push_back({starts_.back().start.next_context(), version_});
  }

  /// Versions, devices and the limits of fitting stand outside of starts.
  static bool is_about_starts(const std::vector<Capture>& captures) {
    return std::any_of(captures.begin(), captures.end(), [](const Capture& capture) {
      return capture.name != "build" && capture.name != "release" && !capture.name.starts_with("fit_") &&
             !capture.name.starts_with("device_");
    });
  }

  static void take(const std::vector<Capture>& captures, LlamaCppStart& start) {
    std::string buffer;
    for (const Capture& capture : captures) {
      if (is_buffer_name(capture.name)) buffer = capture.text;
      if (capture.name == "no_alloc" && capture.text == "1") start.is_projected = true;
      if (capture.name == "out_of_memory" && start.out_of_memory.empty()) start.out_of_memory = capture.text;
      if (std::find(settings.begin(), settings.end(), capture.name) != settings.end())
        start.settings.insert_or_assign(std::string{capture.name}, std::string{capture.text});
      for (const BufferGroup& group : buffer_groups)
        if (group.name == capture.name) take_buffer(group, buffer, capture.text, start);
    }
  }

  static void take_buffer(const BufferGroup& group, const std::string& name, std::string_view text,
                          LlamaCppStart& start) {
    const std::optional<Quantity> size = parse_quantity(text, group.unit, group.printed);
    if (!size) {
      add_remark(start.remarks, fmt::format("{} of {} is {}, which is no number of {} that fits", group.name,
                                            in_quotes(name), in_quotes(text), group.unit));
      return;
    }
    Buffers& buffers = start.*group.buffers;
    if (buffers.size() >= most_parts) return;
    Quantity& there = buffers[name];
    constexpr std::int64_t most_bytes = std::int64_t{1} << 48;
    if (group.adds_up && there.value > most_bytes) return;
    if (group.adds_up)
      there = there + *size;
    else if (there.value == 0 || !agree(there, *size) || size->resolution <= there.resolution)
      there = *size;  // a buffer that is made anew replaces the old one
  }

  const LineMatcher& matcher_ = llama_cpp_lines();
  std::string version_;
  std::map<std::string, std::string> device_names_;
  std::list<Versioned> starts_ = std::list<Versioned>(1);
  std::int64_t lines_fitting_ = 0;
  bool is_fitting_ = false;
};

}  // namespace

std::unique_ptr<LogReader> llama_cpp_log() { return std::make_unique<LlamaCppLog>(); }

}  // namespace calibram
