// SPDX-License-Identifier: MIT
// What a start of vLLM says in the words of the measurements schema.
#include "bench/import/vllm/start.hpp"
#include "src/core/bytes.hpp"
#include "src/core/names.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"
#include "src/model/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace calibram {
namespace {

/// vLLM's word, and ours.
struct Word {
  std::string_view theirs, ours;
};

constexpr std::array data_types = {Word{"torch.bfloat16", "bf16"}, Word{"torch.float16", "fp16"},
                                   Word{"torch.float32", "fp32"},  Word{"bfloat16", "bf16"},
                                   Word{"float16", "fp16"},        Word{"half", "fp16"},
                                   Word{"float32", "fp32"},        Word{"float", "fp32"}};

// Quantisation methods whose name alone tells the format (vllm/model_executor/layers/quantization: AWQ
// kernels take 4 bits only). Of gptq, compressed-tensors, bitsandbytes the checkpoint tells more than the
// log.
constexpr std::array quantisations = {Word{"fp8", "fp8"},
                                      Word{"fbgemm_fp8", "fp8"},
                                      Word{"modelopt", "fp8"},
                                      Word{"modelopt_fp4", "nvfp4"},
                                      Word{"mxfp4", "mxfp4"},
                                      Word{"awq", "awq-int4"},
                                      Word{"awq_marlin", "awq-int4"}};

// Schemes of compressed-tensors that tell the format but for how many weights share a scale, which is less
// than a thousandth of the bytes. W4A16 hides the group size, which is more.
constexpr std::array schemes = {Word{"CompressedTensorsW8A8Int8", "w8a8"},
                                Word{"CompressedTensorsW8A8Fp8", "fp8-channel"}};

constexpr std::array cache_types = {Word{"fp8", "fp8"}, Word{"fp8_e4m3", "fp8"}, Word{"fp8_e5m2", "fp8"},
                                    Word{"bfloat16", "bf16"}, Word{"float16", "fp16"}};

template <std::size_t size>
std::string translated(const std::array<Word, size>& words, std::string_view theirs) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const Word& w) { return w.theirs == theirs; });
  return found == words.end() ? std::string{} : std::string{found->ours};
}

/// "0.7.4.dev713+gb4961126" is "0.7.4".
std::string release_of(const std::string& version) {
  std::size_t end = 0;
  for (int numbers = 0; numbers < 3 && end < version.size(); ++numbers) {
    std::size_t stop = end + (numbers == 0 ? 0 : 1);
    if (numbers > 0 && version[end] != '.') break;
    const std::size_t digits = stop;
    while (stop < version.size() && version[stop] >= '0' && version[stop] <= '9') ++stop;
    if (stop == digits) break;
    end = stop;
  }
  return version.substr(0, end);
}

std::string gib_of(const Quantity& quantity) {
  return fmt::format("{:.2f} GiB", static_cast<double>(quantity.value) / (1 << 30));
}

struct MetricName {
  std::string_view name;
  Metric metric;
};
constexpr std::array metrics = {MetricName{"weights", Metric::weights},
                                MetricName{"activation", Metric::activation},
                                MetricName{"other", Metric::other}, MetricName{"graphs", Metric::graphs}};

void add_value(Metric metric, const std::optional<Quantity>& quantity, Reading& reading) {
  if (!quantity) return;
  if (quantity->value >= 0) {
    reading.values.push_back({metric, quantity});
    return;
  }
  // The column takes no negative number: what other programs freed meanwhile, or memory that is not there.
  reading.remarks.push_back(
      fmt::format("{} is {}: a negative number is no measurement", name_of(metric), gib_of(*quantity)));
}

void remark_missing(Reading& reading) {
  std::vector<std::string_view> missing;
  for (const Metric metric :
       {Metric::weights, Metric::activation, Metric::other, Metric::kv_available, Metric::kv_tokens})
    if (std::none_of(reading.values.begin(), reading.values.end(),
                     [&](const ReadValue& value) { return value.metric == metric; }))
      missing.push_back(name_of(metric));
  if (reading.values.empty())
    reading.remarks.emplace_back("the engine's start tells nothing about memory");
  else if (!missing.empty())
    reading.remarks.push_back(fmt::format(
        "there is no {}; vLLM prints all of them with VLLM_LOGGING_LEVEL=DEBUG", joined(missing)));
}

}  // namespace

/// Where several processes print a number that is one for all of them, or only one device is there: the one
/// that decides, which is the largest need and the smallest room.
std::optional<Quantity> VllmStart::deciding(std::string_view name, Reading& reading) const {
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) return std::nullopt;
  const auto& ranks = found->second;
  const auto less = [](const auto& a, const auto& b) { return a.second.value < b.second.value; };
  const auto [smallest, largest] = std::minmax_element(ranks.begin(), ranks.end(), less);
  const bool is_room = name == "kv_available" || name == "kv_tokens" || name == "blocks";
  const auto& chosen = is_room ? *smallest : *largest;
  if (smallest->second.value != largest->second.value)
    reading.remarks.push_back(fmt::format("{} differs between processes ({} {}, {} {})", name,
                                          smallest->first, smallest->second.value, largest->first,
                                          largest->second.value));
  return chosen.second;
}

/// The sum over devices, as rows of several devices have it. Processes that keep silent are taken as those
/// that speak where all hold alike slices; elsewhere there is no sum.
std::optional<Quantity> VllmStart::summed(std::string_view name, Reading& reading) const {
  const std::optional<Quantity> one_device = deciding(name, reading);
  const auto devices = static_cast<std::size_t>(reading.row.devices);
  if (!one_device || devices == 1) return one_device;
  const auto& ranks = numbers_.find(name)->second;
  if (ranks.size() == devices) {
    Quantity sum;
    for (const auto& [rank, quantity] : ranks) sum = sum + quantity;
    return sum;
  }
  if (reading.row.split != Split::tensor) {
    reading.remarks.push_back(
        fmt::format("{} is printed by {} of {} devices: no sum", name, ranks.size(), devices));
    return std::nullopt;
  }
  reading.remarks.push_back(
      fmt::format("{} is printed by {} of {} devices: all are taken as alike", name, ranks.size(), devices));
  return Quantity{checked_product({one_device->value, reading.row.devices}),
                  checked_product({one_device->resolution, reading.row.devices})};
}

void VllmStart::state_engine(Reading& reading) const {
  reading.row.runtime = "vllm";
  const std::string version = setting("version"), release = release_of(version);
  if (release.empty()) return;
  reading.row.runtime = "vllm@" + release;
  reading.state("runtime");
  if (release != version)
    reading.remarks.push_back(
        fmt::format("version {} is written as {}", in_quotes(version), reading.row.runtime));
}

void VllmStart::state_model(Reading& reading) const {
  Measurement& row = reading.row;
  row.model = setting("model");
  if (row.model.empty()) row.model = setting("model_tag");
  if (const CatalogueEntry* entry = find_entry(row.model)) row.model = entry->name;
  if (!row.model.empty()) reading.state("model");
  state_weights(reading);
  const std::string type = translated(data_types, setting("dtype"));
  const std::string cache = setting("kv_cache_dtype");
  row.kv = cache == "auto" ? type : translated(cache_types, cache);
  if (!row.kv.empty())
    reading.state("kv");
  else if (!cache.empty() && cache != "auto")
    reading.remarks.push_back(
        fmt::format("kv_cache_dtype={} is not known; --kv supplies the format", printable(cache)));
}

void VllmStart::state_weights(Reading& reading) const {
  SharedText& weights = reading.row.weights;
  const std::string quantisation = setting("quantization"), scheme = setting("scheme");
  weights = quantisation.empty() ? translated(data_types, setting("dtype"))
                                 : translated(quantisations, quantisation);
  if (weights.empty() && !translated(schemes, scheme).empty()) {
    weights = translated(schemes, scheme);
    reading.remarks.push_back(
        fmt::format("scheme {} is written as {}; how many weights share a scale, the log does not tell",
                    scheme, weights));
  }
  if (!weights.empty())
    reading.state("weights");
  else if (!quantisation.empty())
    reading.remarks.push_back(fmt::format(
        "quantization={} does not tell the weights' format; --weights supplies it", printable(quantisation)));
}

void VllmStart::state_devices(Reading& reading) const {
  const auto tensor = count("tensor_parallel_size"), pipeline = count("pipeline_parallel_size");
  const std::int64_t devices = tensor.value_or(1) * std::min<std::int64_t>(pipeline.value_or(1), 1 << 16);
  if (tensor && *tensor <= 1 << 16 && devices <= 1 << 16) {
    reading.row.devices = static_cast<int>(devices);
    reading.state("devices");
  }
  if (reading.row.devices > 1) {
    reading.row.split = tensor.value_or(1) > 1 ? Split::tensor : Split::layers;
    reading.state("split");
  }
  if (tensor.value_or(1) > 1 && pipeline.value_or(1) > 1)
    reading.remarks.emplace_back("tensor and pipeline parallelism together: split=tensor is written");
  if (count("data_parallel_size").value_or(1) > 1)
    reading.remarks.emplace_back("data parallel: the numbers are those of one replica");
}

void VllmStart::state_options(Reading& reading) const {
  for (const char* key : {"max_num_batched_tokens", "max_num_seqs", "gpu_memory_utilization"}) {
    const std::optional<double> number = parse_number(setting(key));
    if (number && *number > 0)
      reading.row.options[key] = setting(key);
    else
      reading.absent_options.emplace_back(key);
  }
  // Digits that only the format adds: "0.950000" is 0.95.
  if (const auto use = parse_number(setting("gpu_memory_utilization")); use && *use > 0)
    reading.row.options["gpu_memory_utilization"] = fmt::format("{}", *use);
  state_switches(reading);
  if (const std::optional<Quantity> total = one("total"))
    reading.row.options["device_bytes"] = std::to_string(total->value);
  else
    reading.absent_options.emplace_back("device_bytes");
}

/// Only what is not vLLM's default.
void VllmStart::state_switches(Reading& reading) const {
  Options& options = reading.row.options;
  if (setting("enforce_eager") == "True") options["enforce_eager"] = "on";
  if (setting("enable_chunked_prefill") == "False" || setting("chunked_prefill_enabled") == "False")
    options["chunked_prefill"] = "off";
  if (setting("enable_expert_parallel") == "True") options["expert_parallel"] = "on";
  if (setting("disable_hybrid_kv_cache_manager") == "True" || !setting("hybrid_is_off").empty())
    options["hybrid_kv_cache"] = "off";
  if (setting("language_model_only") == "True") options["language_model_only"] = "on";
  if (const auto block = count("block_size")) options["block_size"] = std::to_string(*block);
}

void VllmStart::add_kv(Reading& reading) const {
  if (numbers_.contains("kv_given")) {
    reading.remarks.emplace_back(
        "the KV cache's memory was given (--kv-cache-memory), not measured: no rows of it");
    return;
  }
  add_value(Metric::kv_available, summed("kv_available", reading), reading);
  std::optional<Quantity> tokens = deciding("kv_tokens", reading);
  const std::optional<Quantity> blocks = deciding("blocks", reading);
  const std::optional<double> concurrency = parse_number(setting("concurrency"));
  const std::optional<std::int64_t> context = count("max_seq_len");
  if (!tokens && blocks && blocks->value > 0 && concurrency && context) {
    // V0 prints blocks, and blocks · block size / length with two decimals: the block size is a whole number.
    const double block = *concurrency * static_cast<double>(*context) / static_cast<double>(blocks->value);
    if (block < 1e6) tokens = Quantity{checked_product({blocks->value, std::llround(block)}), 0};
  }
  add_value(Metric::kv_tokens, tokens, reading);
}

void VllmStart::add_values(Reading& reading) const {
  for (const auto& [name, metric] : metrics) add_value(metric, summed(name, reading), reading);
  const std::optional<Quantity> free = one("free"), total = one("total");
  if (free && total && reading.row.devices == 1) add_value(Metric::context_only, *total - *free, reading);
  add_kv(reading);
  if (!out_of_memory_.empty())
    reading.values.push_back(
        {.metric = Metric::device, .outcome = "out_of_memory", .reason = out_of_memory_});
  else
    remark_missing(reading);
  if (!setting("speculative_config").empty() || !setting("drafter").empty())
    reading.remarks.emplace_back("a draft model is loaded too: its weights and cache are in these numbers");
  if (!setting("graphs_are_taken_off").empty())
    reading.remarks.emplace_back("kv_available has an estimate of the CUDA graphs taken off");
}

Reading VllmStart::reading() const {
  Reading reading;
  reading.remarks = remarks_;
  reading.first_line = first_line_;
  reading.last_line = last_line_;
  state_engine(reading);
  state_model(reading);
  state_devices(reading);
  state_options(reading);
  const auto fitted = count("fitted_len");
  if (const auto context = fitted ? fitted : count("max_seq_len")) {
    reading.row.workload.context = *context;
    reading.state("context");
  }
  add_values(reading);
  return reading;
}

}  // namespace calibram
