// SPDX-License-Identifier: MIT
// What a load of llama.cpp says in the words of the measurements schema.
#include "bench/import/llama_cpp/start.hpp"

#include "src/core/names.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"
#include "src/model/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace calibram {
namespace {

/// Memory of the host: plain, mapped from the file, repacked, or pinned for a card (ggml/src/ggml-cpu,
/// ggml_backend_cuda_host_buffer_type_name).
bool is_host(std::string_view buffer) {
  return buffer.starts_with("CPU") || buffer == "Host" || buffer.ends_with("_Host") ||
         buffer.find("_Host_") != buffer.npos;
}

/// "CUDA0" of "CUDA0", "MTL0_Mapped" and "CUDA0 (RTX 5090)".
std::string device_id(std::string_view buffer) {
  return std::string{buffer.substr(0, buffer.find_first_of("_ -("))};
}

/// "cuda" of "CUDA0".
std::string backend_of(std::string_view id) {
  std::string letters;
  for (const char c : id)
    if (std::isalpha(static_cast<unsigned char>(c))) letters += c;
  const std::string name = lower_case(letters);
  return name == "mtl" ? "metal" : name;
}

std::set<std::string> devices_of(const LlamaCppStart& start) {
  std::set<std::string> devices;
  for (const Buffers* buffers : {&start.weights, &start.kv, &start.compute, &start.table_weights})
    for (const auto& [name, size] : *buffers)
      if (!is_host(name) && size.value > 0) devices.insert(device_id(name));
  return devices;
}

/// The buffers' sum, with its parts for people where there are several.
void add_sum(Metric metric, const Buffers& exact, const Buffers& table, const std::string& what,
             Reading& reading) {
  const Buffers& buffers = exact.empty() ? table : exact;
  if (buffers.empty()) return;
  Quantity sum;
  std::string parts;
  for (const auto& [name, size] : buffers) {
    sum = sum + size;
    parts += fmt::format("{}{} {:.2f} MiB", parts.empty() ? "" : ", ", printable(name),
                         static_cast<double>(size.value) / (1 << 20));
  }
  reading.values.push_back({.metric = metric, .quantity = sum, .parts = what + parts});
}

void remark_missing(Reading& reading) {
  std::vector<std::string_view> missing;
  for (const Metric metric : {Metric::weights, Metric::kv_cache, Metric::compute})
    if (std::none_of(reading.values.begin(), reading.values.end(),
                     [&](const ReadValue& value) { return value.metric == metric; }))
      missing.push_back(name_of(metric));
  if (reading.values.empty())
    reading.remarks.emplace_back("the load tells nothing about memory");
  else if (!missing.empty())
    reading.remarks.push_back(fmt::format("the log does not tell {}: it may be cut", joined(missing)));
}

void state_model(const LlamaCppStart& start, Reading& reading) {
  Measurement& row = reading.row;
  row.model = start.setting("model");
  if (!row.model.empty()) reading.state("model");
  row.weights = "as-stored";
  const std::string k = start.setting("type_k"), v = start.setting("type_v");
  row.kv = k == v ? k : "";  // the options tell what differs
}

void state_workload(const LlamaCppStart& start, Reading& reading) {
  const std::optional<std::int64_t> context = parse_integer(start.setting("n_ctx"));
  if (!context || *context < 1) return;
  reading.row.workload.context = *context;
  reading.state("context");
}

void state_option(const LlamaCppStart& start, std::string_view theirs, const char* ours, Reading& reading) {
  const std::string text = start.setting(theirs);
  if (text.empty())
    reading.absent_options.emplace_back(ours);
  else
    reading.row.options[ours] = text;
}

void state_options(const LlamaCppStart& start, Reading& reading) {
  state_option(start, "n_ubatch", "ubatch", reading);
  state_option(start, "n_batch", "n_batch", reading);
  state_option(start, "type_k", "type_k", reading);
  state_option(start, "type_v", "type_v", reading);
  state_option(start, "n_seq_max", "parallel", reading);
  std::string flash = start.setting("flash_attn");
  if (const std::string set = start.setting("flash_attn_set"); !set.empty()) flash = set;
  if (flash == "1" || flash == "enabled")
    reading.row.options["flash_attn"] = "on";
  else if (flash == "0" || flash == "disabled")
    reading.row.options["flash_attn"] = "off";
  else
    reading.absent_options.emplace_back("flash_attn");
  if (start.setting("kv_unified") == "true") reading.row.options["kv_unified"] = "on";
  if (!start.setting("swa_full").empty()) reading.row.options["swa_full"] = "on";
  // Fewer rows of logits than a micro-batch has make the compute buffer smaller.
  const auto outputs = parse_integer(start.setting("n_outputs_max")),
             rows = parse_integer(start.setting("n_ubatch"));
  if (outputs && rows && *outputs < *rows) reading.row.options["n_outputs_max"] = std::to_string(*outputs);
}

void state_devices(const LlamaCppStart& start, Reading& reading) {
  const std::set<std::string> devices = devices_of(start);
  Measurement& row = reading.row;
  row.devices = std::max(static_cast<int>(devices.size()), 1);
  row.split = row.devices > 1 ? Split::layers : Split::none;
  row.options["backend"] = devices.empty() ? "cpu" : backend_of(*devices.begin());
  if (devices.empty()) {
    row.device = "host";
    return;
  }
  const auto name = start.device_names.find(*devices.begin());
  if (name != start.device_names.end()) row.device = name->second;
  const std::string offloaded = start.setting("offloaded"), layers = start.setting("layers");
  if (!offloaded.empty()) row.options["ngl"] = offloaded;
  if (!offloaded.empty() && offloaded != layers)
    reading.remarks.push_back(
        fmt::format("{} of {} layers are on devices, the others on the host: the numbers "
                    "are the sum of both",
                    offloaded, layers));
}

}  // namespace

std::string LlamaCppStart::setting(std::string_view name) const {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string{} : found->second;
}

void LlamaCppStart::see_line(std::int64_t line) {
  if (first_line == 0) first_line = line;
  last_line = line;
}

LlamaCppStart LlamaCppStart::next_context() const {
  LlamaCppStart next;
  for (const char* name : {"model", "offloaded", "layers"})
    if (const auto found = settings.find(name); found != settings.end()) next.settings.insert(*found);
  next.weights = weights;
  next.is_projected = is_projected;
  return next;
}

Reading LlamaCppStart::reading(const std::string& version) const {
  Reading reading;
  reading.remarks = remarks;
  reading.first_line = first_line;
  reading.last_line = last_line;
  reading.row.runtime = "llama.cpp";
  if (!version.empty()) {
    reading.row.runtime = "llama.cpp@" + version;
    reading.state("runtime");
  }
  state_model(*this, reading);
  state_workload(*this, reading);
  state_options(*this, reading);
  state_devices(*this, reading);
  for (const char* column : {"weights", "kv", "devices", "device"}) reading.state(column);
  add_sum(Metric::weights, weights, table_weights, "", reading);
  add_sum(Metric::kv_cache, kv, table_kv, "", reading);
  add_sum(Metric::compute, compute, table_compute, "", reading);
  add_sum(Metric::other, output, {}, "output buffer: ", reading);
  if (out_of_memory.empty()) remark_missing(reading);
  if (!out_of_memory.empty())
    reading.values.push_back({.metric = Metric::device, .outcome = "out_of_memory", .reason = out_of_memory});
  return reading;
}

}  // namespace calibram
