// SPDX-License-Identifier: MIT
// Reads a log of vLLM: which line belongs to which start and which process.
#include "bench/import/log_reader.hpp"
#include "bench/import/vllm/patterns.hpp"
#include "bench/import/vllm/python_pairs.hpp"
#include "bench/import/vllm/start.hpp"

#include <algorithm>
#include <array>
#include <list>

namespace calibram {
namespace {

/// Arguments that are settings, by vLLM's own names (vllm/engine/arg_utils.py).
constexpr std::array settings = {std::string_view{"model"},
                                 std::string_view{"model_tag"},
                                 std::string_view{"dtype"},
                                 std::string_view{"quantization"},
                                 std::string_view{"kv_cache_dtype"},
                                 std::string_view{"max_seq_len"},
                                 std::string_view{"tensor_parallel_size"},
                                 std::string_view{"pipeline_parallel_size"},
                                 std::string_view{"data_parallel_size"},
                                 std::string_view{"max_num_batched_tokens"},
                                 std::string_view{"max_num_seqs"},
                                 std::string_view{"gpu_memory_utilization"},
                                 std::string_view{"speculative_config"},
                                 std::string_view{"enforce_eager"},
                                 std::string_view{"enable_chunked_prefill"},
                                 std::string_view{"chunked_prefill_enabled"},
                                 std::string_view{"enable_expert_parallel"},
                                 std::string_view{"disable_hybrid_kv_cache_manager"},
                                 std::string_view{"language_model_only"},
                                 std::string_view{"block_size"}};

/// Numbers, each of one process.
constexpr std::array number_captures = {
    std::string_view{"weights_gib"},      std::string_view{"activation_gib"}, std::string_view{"other_gib"},
    std::string_view{"kv_available_gib"}, std::string_view{"graphs_gib"},     std::string_view{"total_gib"},
    std::string_view{"free_gib"},         std::string_view{"kv_given_gib"},   std::string_view{"kv_tokens"},
    std::string_view{"blocks"},           std::string_view{"requested_gib"},  std::string_view{"taken_gib"}};

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Compiled once: it takes longer than reading a log.
const LineMatcher& vllm_lines() {
  static const LineMatcher compiled{vllm_patterns()};
  return compiled;
}

class VllmLog : public LogReader {
 public:
  void read(const LogLine& line) override {
    const std::vector<Capture> captures = matcher_.match(line);
    if (captures.empty()) return;
    begin_start(captures);
    starts_.back().see_line(line.number);
    for (const Capture& capture : captures) take(capture, line);
  }

  std::vector<Reading> finish() override {
    std::vector<Reading> readings;
    for (VllmStart& start : starts_) start.complete();
    for (const VllmStart& start : starts_)
      if (!start.is_empty()) readings.push_back(start.reading());
    return readings;
  }

 private:
  /// A version, arguments or a configuration after an engine began are those of the next start.
  void begin_start(const std::vector<Capture>& captures) {
    const bool is_first_line = std::any_of(captures.begin(), captures.end(), [](const Capture& capture) {
      return capture.name == "server" || capture.name == "arguments" || capture.name == "engine";
    });
    if (is_first_line && starts_.back().has_engine() && starts_.size() < most_starts) starts_.emplace_back();
  }

  void take(const Capture& capture, const LogLine& line) {
    VllmStart& start = starts_.back();
    if (capture.name == "engine") return start.begin_engine();
    if (capture.name == "ready") return start.be_ready();
    if (capture.name == "out_of_memory") return start.run_out_of_memory(capture.text);
    if (capture.name == "refused") return start.refuse(capture.text);
    if (capture.name == "pairs") return take_arguments(capture.text);
    if (capture.name == "config") return take_configuration(capture.text);
    if (is_among(number_captures, capture.name))
      return start.measure(capture.name, capture.text, process_of(line.text));
    if (capture.name != "server" && capture.name != "arguments")
      start.set(capture.name, without_commas(capture.text));
  }

  void take_arguments(std::string_view text) {
    for (const auto& [key, value] : python_pairs(text))
      if (is_among(settings, key)) starts_.back().set(key, value);
  }

  /// What the engine made of its arguments goes before them.
  void take_configuration(std::string_view text) {
    for (const auto& [key, value] : python_pairs(text))
      if (is_among(settings, key)) starts_.back().replace(key, value);
  }

  static std::string without_commas(std::string_view text) {
    std::string plain{text};
    std::erase(plain, ',');
    return plain;
  }

  /// "Worker_TP1" of "(Worker_TP1 pid=540) INFO ...". Workers that all have one name are told apart by all of
  /// the bracket; a line without one is of the only process, or of the first.
  std::string process_of(std::string_view line) const {
    std::string all, name;
    if (!RE2::PartialMatch({line.data(), line.size()}, process_, &all, &name)) return "the engine";
    return name == "RayWorkerWrapper" || name == "VllmWorkerProcess" || name == "VllmWorker" ? all : name;
  }

  const LineMatcher& matcher_ = vllm_lines();
  // vllm/utils/system_utils.py decorate_logs; ray puts its own bracket before.
  RE2 process_{R"([(\[]((\w+)(?: rank=\d+)? pid=\d+)[^)\]]*[)\]])", RE2::Latin1};
  std::list<VllmStart> starts_ = std::list<VllmStart>(1);
};

}  // namespace

std::unique_ptr<LogReader> vllm_log() { return std::make_unique<VllmLog>(); }

}  // namespace calibram
