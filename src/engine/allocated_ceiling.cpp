// SPDX-License-Identifier: MIT
// The proof of the bound, and the pass that is counted for it.
//
// The functional pass over an allocator, say of transformers. Let a workload be no larger than another one.
// 1. The sequence of operations on tensors is the same for both, but for additions of the larger one. A
//    prompt of more than one token copies queries, keys and values to another order, mixed values back, and
//    the last rows before the others are freed; several sequences copy what matrix products read. Each copy
//    is freed again, or takes the place of what it was made of. More experts that are hit are further turns
//    of their loop, each of which leaves behind what the one before it left. From 2 and from 3 generated
//    tokens on, a first and a last step of decoding come after all else.
// 2. Every tensor has a number of elements that is a product, a quotient rounded up, or the smaller one of
//    constants and of batch, prompt, positions or context: it is no larger in the smaller workload. Except
//    AutoAWQ's scratch, of which one is there at a time: that for fewer than 1024 rows may be larger than
//    that for more, by no more than what is added for it.
// 3. Rounding::torch_block_bound keeps order, and no block of the allocator is larger. Weights and tables do
//    not depend on the workload: they are simulated once, with what their loading held at its peak. By 1 and
//    2 what is alive on a device at any instant of the smaller workload, in blocks, is no more than what the
//    larger one holds at the like instant, in bounds; nor is the highest of fewer instants.
// 4. The counted pass holds what the simulated one does, and a copy of the embedding (Decoder::step).
// 5. A context that can be counted has no more positions than the model, nor than a window that the runtime
//    does not slide; and the layers, devices and formats do not depend on it.
#include "src/engine/allocated_ceiling.hpp"

#include "src/engine/allocators/simulating_ops.hpp"
#include "src/engine/counted_pass.hpp"
#include "src/engine/decoder/awq.hpp"
#include "src/engine/decoder/decoder.hpp"
#include "src/model/weight_bytes.hpp"

#include <algorithm>
#include <utility>

namespace calibram {
namespace {

bool all_layers_attend(const Model& model) {
  return std::all_of(model.layers.begin(), model.layers.end(), [](const LayerRun& run) {
    return attention_of(run.layer) != nullptr && !run.layer.alternating_updates;
  });
}

bool is_proved(const Question& question, const Runtime& runtime) {
  const CachingAllocatorSettings& allocator = runtime.caching_allocator;
  return question.model && question.weights && question.kv && question.metric == Metric::allocated &&
         runtime.count == nullptr && runtime.functional && simulates_allocator(question.metric, runtime) &&
         !allocator.max_split_size && allocator.roundup_power2_divisions <= 1 &&
         all_layers_attend(*question.model);
}

/// By how much scratch for the most rows of a short input may exceed that for a long one, in blocks.
Bytes more_scratch(const WeightShape& shape, std::int64_t width) {
  const Bytes of_short{checked_product({awq::split_k_iterations * (awq::long_input - 1), shape.rows, width})};
  const Bytes of_long{checked_product({shape.columns, shape.rows, width})};
  return std::max(rounded_size(of_short, Rounding::torch_block_bound) - of_long, Bytes{});
}

/// The most of any matrix; nothing for other formats than AutoAWQ's.
Bytes more_scratch(const Question& question) {
  const Format& format = *question.weights;
  Bytes most;
  if (!format.name.starts_with("awq")) return most;
  const auto look_at = [&](const WeightShapes& shapes) {
    for (const WeightShape& shape : shapes)
      if (quantises(format, shape)) most = std::max(most, more_scratch(shape, activation_bytes(format)));
  };
  look_at(outer_weights(*question.model));
  for (const LayerRun& run : question.model->layers) look_at(layer_weights(*question.model, run.layer));
  return most;
}

}  // namespace

/// The books after the weights are loaded, and the pass that goes on from there.
struct AllocatedCeiling::Loaded {
  Loaded(const Question& question, const Runtime& runtime)
      : ops{question.devices, Rounding::torch_block_bound}, decoder{question, runtime, ops} {
    decoder.load();
    const std::unique_ptr<CountingOps> simulated = books_of(question, runtime);
    Decoder{question, runtime, *simulated}.load();
    books = simulated->books();
  }

  CountingOps ops;
  Decoder decoder;
  CountingOps::Books books;
};

AllocatedCeiling::AllocatedCeiling(const Question& question, Runtime runtime)
    : question_{question}, runtime_{std::move(runtime)}, more_scratch_{more_scratch(question)} {}

AllocatedCeiling::~AllocatedCeiling() = default;

std::unique_ptr<AllocatedCeiling> AllocatedCeiling::of(const Question& question) {
  if (!question.model) return nullptr;
  Runtime runtime = runtime_of(question);
  if (!is_proved(question, runtime)) return nullptr;
  return std::unique_ptr<AllocatedCeiling>{new AllocatedCeiling{question, std::move(runtime)}};
}

std::vector<Bytes> AllocatedCeiling::devices(const Workload& workload) {
  question_.workload = workload;
  validate_countable(question_, runtime_);
  if (!loaded_) loaded_ = std::make_unique<Loaded>(question_, runtime_);
  loaded_->ops.restore(loaded_->books);
  loaded_->decoder.forget_run();
  count_loaded(question_, runtime_, loaded_->decoder, loaded_->ops);
  std::vector<Bytes> devices;
  for (const DeviceCount& device : loaded_->ops.devices()) devices.push_back(device.total + more_scratch_);
  return devices;
}

}  // namespace calibram
