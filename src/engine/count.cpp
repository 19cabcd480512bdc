// SPDX-License-Identifier: MIT
// Drives a counted pass through its phases.
#include "src/engine/count.hpp"

#include "src/core/error.hpp"
#include "src/engine/allocators/simulating_ops.hpp"
#include "src/engine/countable.hpp"
#include "src/engine/counted_pass.hpp"
#include "src/engine/decoder/decoder.hpp"
#include "src/engine/gpu.hpp"
#include "src/engine/llama_cpp/cells.hpp"
#include "src/engine/llama_cpp/checks.hpp"
#include "src/engine/prepared_count.hpp"
#include "src/model/state.hpp"
#include "src/model/weight_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace calibram {
namespace {

Rounding rounding_of(Metric metric) {
  if (metric == Metric::rss) return Rounding::page_4k;
  if (metric == Metric::device) return Rounding::device_page;
  return Rounding::exact;
}

/// A caching allocator's segments are what its process holds of a device, in whole pages.
bool counts_segments(Metric metric) { return metric == Metric::reserved || metric == Metric::device; }

/// The prefill gives the first token; generate - 1 steps give the others. What lives at once is highest in
/// the first (the prompt's logits may still be there) or in the last (the longest); what an allocator holds
/// may grow in any.
void run_decode_steps(const Question& question, const Runtime& runtime, Decoder& decoder, CountingOps& ops) {
  const Workload& workload = question.workload;
  if (workload.generate < 2) return;
  ops.begin(Phase::first_decode);
  decoder.decode();
  if (workload.generate < 3) return;
  ops.begin(Phase::last_decode);
  const std::int64_t last = workload.prompt + workload.generate - 2;
  const bool walks = simulates_allocator(question.metric, runtime) && counts_segments(question.metric);
  if (!walks) decoder.skip_to(last);
  while (decoder.position() <= last) decoder.decode();
}

/// A run of layers of which the runtime's pass has no account.
[[noreturn]] void throw_not_counted(const Question& question, const Runtime& runtime,
                                    const std::string& what) {
  throw InputError{fmt::format("cannot count {} under runtime {}", question.model->name, runtime.name),
                   fmt::format("{}, which are not modelled for this runtime", what),
                   "ask --runtime calibram, or a rule of thumb"};
}

/// What the runtime's cache and the order of its operations are known for.
void check_layer(const Question& question, const Runtime& runtime, const Layer& layer) {
  const bool grows = runtime.cache_growth == CacheGrowth::concatenated;
  const Attention* attention = attention_of(layer);
  if (grows && (!attention || !attention->owns_cache))
    throw_not_counted(question, runtime, "it has layers without a cache of keys and values of their own");
  const auto* experts = std::get_if<Experts>(&layer.feed_forward);
  if (runtime.functional && !mlp_of(layer) && !(experts && experts->expert.gated))
    throw_not_counted(question, runtime, "it has layers without an MLP or gated experts");
  if (!runtime.functional || !attention) return;
  const std::optional<std::int64_t> visible = visible_positions(layer);
  if (visible && *visible < question.workload.context_tokens() &&
      !(runtime.slides_cache && attention->window))
    throw InputError{
        fmt::format("cannot count {} tokens of {}", question.workload.context_tokens(), question.model->name),
        fmt::format("its sliding_window is {}, and windowed caches of {} are not modelled yet", *visible,
                    runtime.name),
        fmt::format("ask for a context of at most {} tokens", *visible)};
  if (attention->output_gate || attention->sinks || attention->chunk)
    throw_not_counted(question, runtime, "its attention has gates, sinks or chunks");
}

void check_layer_split(const Question& question, const std::vector<std::int64_t>& split) {
  const std::int64_t layers = layer_count(*question.model);
  std::int64_t placed = 0;
  for (const std::int64_t count : split) placed += count;
  if (placed == layers && std::cmp_equal(split.size(), question.devices)) return;
  throw InputError{
      fmt::format("layer_split places {} layers on {} devices", placed, split.size()),
      fmt::format("{} has {} layers, devices is {}", question.model->name, layers, question.devices),
      "name a number of layers for every device, which add up to all"};
}

void check_devices(const Question& question, const Runtime& runtime) {
  if (!runtime.layer_split.empty()) check_layer_split(question, runtime.layer_split);
  if (question.devices == 1) return;
  if (question.split == Split::tensor)
    throw InputError{"cannot count split=tensor", "only whole layers are placed on devices so far",
                     "use split=layers"};
  if (!runtime.functional)
    throw InputError{fmt::format("runtime {} runs on one device", runtime.name),
                     fmt::format("devices is {}", question.devices), "use devices=1"};
  if (question.devices > layer_count(*question.model))
    throw InputError{
        fmt::format("cannot split {} layers over {} devices", layer_count(*question.model), question.devices),
        "a device would hold no layer", "use fewer devices"};
}

bool quantises_any(const Model& model, const Format& format) {
  const auto any = [&](const WeightShapes& shapes) {
    return std::any_of(shapes.begin(), shapes.end(),
                       [&](const WeightShape& shape) { return quantises(format, shape); });
  };
  return any(outer_weights(model)) ||
         std::any_of(model.layers.begin(), model.layers.end(),
                     [&](const LayerRun& run) { return any(layer_weights(model, run.layer)); });
}

void check_formats(const Question& question, const Runtime& runtime) {
  const Format& weights = *question.weights;
  const bool has_files = is_as_stored(weights) && question.model->stored;
  if (!weights.has_exact_bytes && !has_files)
    throw InputError{fmt::format("the bytes of weights={} are not known", weights.name),
                     "it mixes types from tensor to tensor", "name a plain format; see \"calibram formats\""};
  if (!plain_width(weights) && !quantises_any(*question.model, weights))
    throw InputError{
        fmt::format("weights={} would quantise nothing of {}", weights.name, question.model->name),
        std::string{weights.layout}, "name a format for all matrices; see \"calibram formats\""};
  const std::string_view kv = question.kv->name;
  const bool plain_kv = kv == "fp16" || kv == "bf16" || kv == "fp32";
  if (!plain_kv && !(kv == "int8" && !runtime.functional))
    throw InputError{
        fmt::format("runtime {} has no kv={} cache", runtime.name, kv), "",
        runtime.functional ? "use fp16 or bf16" : "use fp16, bf16 or int8 with cache=reserved or paged"};
  if (plain_kv && plain_width(*question.kv) != activation_bytes(weights))
    throw InputError{fmt::format("kv={} does not go with weights={}", kv, weights.name),
                     "the cache holds what the projections give",
                     "use a kv format as wide as the activations"};
}

}  // namespace

bool simulates_allocator(Metric metric, const Runtime& runtime) {
  return runtime.allocator == AllocatorKind::caching && metric != Metric::rss;
}

std::unique_ptr<CountingOps> books_of(const Question& question, const Runtime& runtime, bool fold) {
  if (!simulates_allocator(question.metric, runtime))
    return std::make_unique<CountingOps>(question.devices, rounding_of(question.metric), fold);
  CachingAllocatorSettings settings = runtime.caching_allocator;
  if (!settings.capacity) settings.capacity = named_memory(question.device);
  const Held held = counts_segments(question.metric) ? Held::segments : Held::live;
  return std::make_unique<SimulatingOps>(question.devices, held, settings);
}

void count_loaded(const Question& question, const Runtime& runtime, Decoder& decoder, CountingOps& ops) {
  ops.begin(Phase::reserve);
  decoder.reserve();
  ops.begin(Phase::prefill);
  decoder.prefill();
  run_decode_steps(question, runtime, decoder, ops);
}

void count_pass(const Question& question, const Runtime& runtime, CountingOps& ops) {
  validate_countable(question, runtime);
  Decoder decoder{question, runtime, ops};
  decoder.load();
  count_loaded(question, runtime, decoder, ops);
}

Runtime runtime_of(const Question& question) {
  return resolve_runtime(question.runtime, question.options,
                         question.model ? question.model->family : "llama");
}

void validate_countable(const Question& question, const Runtime& runtime) {
  require_model(question);
  validate(question.workload);
  for (const LayerRun& run : question.model->layers) check_layer(question, runtime, run.layer);
  require_positions(*question.model, question.workload.context_tokens());
  check_devices(question, runtime);
  check_formats(question, runtime);
}

Count count(const Question& question, const Runtime& runtime) {
  if (runtime.count) return runtime.count(question, runtime);
  const std::unique_ptr<CountingOps> ops = books_of(question, runtime);
  count_pass(question, runtime, *ops);
  return sum_of(ops->devices());
}

/// A decoder with its weights, and the books at that instant.
struct PreparedCount::Loaded {
  Loaded(const Question& question, const Runtime& runtime)
      : ops{question.devices, rounding_of(question.metric)}, decoder{question, runtime, ops} {
    decoder.load();
    books = ops.books();
  }

  CountingOps ops;
  Decoder decoder;
  CountingOps::Books books;
};

/// What llama.cpp makes of a workload, and what it takes: its buffers depend on these sizes alone.
struct PreparedCount::CountedContext {
  llama_cpp::ContextSizes sizes;
  Count count;
};

const Count& PreparedCount::of_context(const LlamaCppSettings& settings) {
  llama_cpp::check(question_, runtime_, settings);
  const llama_cpp::ContextSizes sizes =
      llama_cpp::context_sizes(settings, llama_cpp::asked_context(question_, settings));
  if (!context_ || context_->sizes != sizes)
    context_ = std::make_unique<CountedContext>(CountedContext{sizes, calibram::count(question_, runtime_)});
  return context_->count;
}

PreparedCount::PreparedCount(Question question)
    : question_{std::move(question)}, runtime_{runtime_of(question_)} {}

PreparedCount::~PreparedCount() = default;

Count PreparedCount::of(const Workload& workload) {
  question_.workload = workload;
  if (const auto* settings = std::get_if<LlamaCppSettings>(&runtime_.settings)) return of_context(*settings);
  if (runtime_.count || simulates_allocator(question_.metric, runtime_))
    return calibram::count(question_, runtime_);
  validate_countable(question_, runtime_);
  if (loaded_) {
    loaded_->ops.restore(loaded_->books);
    loaded_->decoder.forget_run();
  } else {
    loaded_ = std::make_unique<Loaded>(question_, runtime_);
  }
  count_loaded(question_, runtime_, loaded_->decoder, loaded_->ops);
  return sum_of(loaded_->ops.devices());
}

Count sum_of(std::vector<DeviceCount> devices) {
  Count sum;
  for (const DeviceCount& device : devices) {
    sum.total += device.total;
    sum.terms += device.at_peak;
    sum.requested += device.requested;
  }
  sum.devices = std::move(devices);
  return sum;
}

}  // namespace calibram
