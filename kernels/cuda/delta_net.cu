// SPDX-License-Identifier: MIT
// The recurrence of a Gated DeltaNet: a thread per column of each head's memory, since columns do not depend
// on each other.
// Run it alone: cuda_tests --gtest_filter='DeltaNet*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/recurrence.cuh"

#include <cmath>

namespace calibram {
namespace {

/// Added to the squared length of queries and keys before they are divided by it (Qwen3-Next: l2norm in
/// github.com/huggingface/transformers, modeling_qwen3_next.py).
constexpr float length_epsilon = 1e-6F;

struct DeltaShape {
  std::int64_t batch, tokens;
  int key_heads, value_heads, key_size, value_size;

  __device__ int width() const { return 2 * key_heads * key_size + value_heads * value_size; }
  __device__ int first_query(int head) const { return head / (value_heads / key_heads) * key_size; }
  __device__ int first_key(int head) const { return key_heads * key_size + first_query(head); }
  __device__ int first_value(int head) const { return 2 * key_heads * key_size + head * value_size; }
};

/// One column of a head's memory, wherever it lies.
struct MemoryColumn {
  float* first;
  int stride;

  __device__ float& operator[](int row) const { return first[static_cast<std::int64_t>(row) * stride]; }
};

/// A block for up to 64 columns of one head of one sequence. They stay in shared memory from the first token
/// of the step to the last where keys are short enough (`in_shared`).
struct ScanColumns {
  static constexpr int threads = 64;

  DeltaShape shape;
  AnyElements convolved, writes, steps, step_bias, decay;
  float* memory;
  AnyElements out;
  bool in_shared;

  static __host__ __device__ int tiles(int columns) { return (columns + threads - 1) / threads; }
  static std::size_t shared_bytes(const DeltaShape& shape, bool in_shared) {
    const auto key_size = static_cast<std::size_t>(shape.key_size);
    return reduction_bytes + sizeof(float) * key_size * (in_shared ? 2 + threads : 2);
  }

  __device__ void operator()(Thread& thread) const {
    const int across = tiles(shape.value_size);
    const std::int64_t all = shape.batch * shape.value_heads * across;
    for (std::int64_t i = thread.block(); i < all; i += thread.blocks())
      scan(thread, i / across, static_cast<int>(i % across) * threads + thread.index());
  }

 private:
  /// @param pair  of a sequence and a head
  __device__ void scan(Thread& thread, std::int64_t pair, int column) const {
    const int head = static_cast<int>(pair % shape.value_heads);
    const bool is_there = column < shape.value_size;
    const MemoryColumn kept{memory + pair * shape.key_size * shape.value_size + column, shape.value_size};
    float* const queries = thread.shared<float>(reduction_bytes);
    float* const keys = queries + shape.key_size;
    const MemoryColumn own = in_shared ? MemoryColumn{keys + shape.key_size + thread.index(), threads} : kept;
    if (in_shared && is_there)
      for (int i = 0; i < shape.key_size; ++i) own[i] = kept[i];
    const float scale = 1 / sqrtf(static_cast<float>(shape.key_size));
    std::int64_t row = pair / shape.value_heads * shape.tokens;
    for (const std::int64_t end = row + shape.tokens; row < end; ++row) {
      load_normed(thread, row * shape.width() + shape.first_query(head), scale, queries);
      load_normed(thread, row * shape.width() + shape.first_key(head), 1, keys);
      thread.sync();
      if (is_there) advance(row, head, column, queries, keys, own);
      thread.sync();  // before the next token's queries and keys
    }
    if (in_shared && is_there)
      for (int i = 0; i < shape.key_size; ++i) kept[i] = own[i];
  }

  /// Copies key_size elements of what was convolved, brought to this length. Each thread reads and writes the
  /// same ones.
  __device__ void load_normed(Thread& thread, std::int64_t first, float length, float* to) const {
    float squares = 0;
    for (int i = thread.index(); i < shape.key_size; i += threads) {
      to[i] = convolved[first + i];
      squares += to[i] * to[i];
    }
    const float factor =
        length / sqrtf(block_reduce(thread, squares, thread.shared<float>(), 0, Sum{}) + length_epsilon);
    for (int i = thread.index(); i < shape.key_size; i += threads) to[i] *= factor;
  }

  /// Brings a column one token on.
  __device__ void advance(std::int64_t row, int head, int column, const float* queries, const float* keys,
                          const MemoryColumn& own) const {
    const std::int64_t gate = row * shape.value_heads + head;
    const float share = kept_share(decay[head], steps[gate] + step_bias[head]);
    float recalled = 0, sum = 0;
    for (int i = 0; i < shape.key_size; ++i) {
      own[i] *= share;
      recalled += keys[i] * own[i];
    }
    const float value = convolved[row * shape.width() + shape.first_value(head) + column];
    const float change = (value - recalled) / (1 + expf(-writes[gate]));
    for (int i = 0; i < shape.key_size; ++i) {
      own[i] += keys[i] * change;
      sum += queries[i] * own[i];
    }
    out.set(gate * shape.value_size + column, sum);
  }
};

}  // namespace

void CudaOps::scan(const GatedDeltaNet& net, const DeltaInputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(net, inputs, step, memory, out);
  const auto narrow = [](std::int64_t size) { return static_cast<int>(size); };
  const DeltaShape shape{
      step.batch,           step.tokens,           narrow(net.key_heads), narrow(net.value_heads),
      narrow(net.key_size), narrow(net.value_size)};
  constexpr std::size_t shared_of_every_card = 48 * 1024;
  const bool in_shared = ScanColumns::shared_bytes(shape, true) <= shared_of_every_card;
  const std::int64_t blocks = step.batch * net.value_heads * ScanColumns::tiles(shape.value_size);
  launch<ScanColumns::threads>(
      stream_,
      {std::clamp<std::int64_t>(blocks, 1, most_blocks), ScanColumns::threads,
       ScanColumns::shared_bytes(shape, in_shared)},
      ScanColumns{shape, any_elements(inputs.convolved), any_elements(inputs.writes),
                  any_elements(inputs.steps), any_elements(inputs.step_bias), any_elements(inputs.decay),
                  elements<float>(memory), any_elements(out), in_shared});
}

}  // namespace calibram
