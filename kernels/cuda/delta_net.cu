// SPDX-License-Identifier: MIT
// The recurrence of a Gated DeltaNet: a thread per column of each head's memory, since columns do not depend
// on each other.
// Run it alone: cuda_tests --gtest_filter='Recurrent*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/recurrence.cuh"

#include <cmath>
#include <limits>
#include <type_traits>

namespace calibram {
namespace {

/// Added to the squared length of queries and keys before they are divided by it (Qwen3-Next: l2norm in
/// github.com/huggingface/transformers, modeling_qwen3_next.py).
constexpr float length_epsilon = 1e-6F;

/// Columns of a block.
constexpr int delta_threads = 64;

struct DeltaShape {
  int tokens;
  int pairs;    ///< of a sequence and a head of values
  float scale;  ///< 1 / sqrt(key_size)
  int key_heads, value_heads, key_size, value_size;

  /// Blocks across the columns of a head.
  __host__ __device__ int tiles() const { return (value_size + delta_threads - 1) / delta_threads; }
  std::size_t shared_bytes(bool in_shared) const {
    return reduction_bytes +
           sizeof(float) * static_cast<std::size_t>(key_size * (in_shared ? 2 + delta_threads : 2));
  }
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
template <typename T, bool in_shared>
struct ScanColumns {
  static constexpr int threads = delta_threads;

  DeltaShape shape;
  const T* convolved;
  AnyElements writes, steps, step_bias, decay;
  float* memory;
  T* out;

  __device__ void operator()(Thread& thread) const {
    const int across = shape.tiles();
    const int all = shape.pairs * across, blocks = static_cast<int>(thread.blocks());
    for (int i = static_cast<int>(thread.block()); i < all; i += blocks)
      scan(thread, i / across, i % across * threads + thread.index());
  }

 private:
  /// @param pair  of a sequence and a head
  __device__ void scan(Thread& thread, int pair, int column) const {
    const int head = pair % shape.value_heads;
    const bool is_there = column < shape.value_size;
    const MemoryColumn kept{memory + std::int64_t{pair} * shape.key_size * shape.value_size + column,
                            shape.value_size};
    float* const queries = thread.shared<float>(reduction_bytes);
    float* const keys = queries + shape.key_size;
    const MemoryColumn own = in_shared ? MemoryColumn{keys + shape.key_size + thread.index(), threads} : kept;
    if (in_shared && is_there) copy(kept, own);
    const int first_row = pair / shape.value_heads * shape.tokens;
    CALIBRAM_ROLLED
    for (int row = first_row; row < first_row + shape.tokens; ++row) {
      load_unit(thread, row, shape.first_query(head), queries);
      load_unit(thread, row, shape.first_key(head), keys);
      thread.sync();
      if (is_there) advance(row, head, column, queries, keys, own);
      thread.sync();  // before the next token's queries and keys
    }
    if (in_shared && is_there) copy(own, kept);
  }

  __device__ void copy(const MemoryColumn& from, const MemoryColumn& to) const {
    CALIBRAM_ROLLED
    for (int i = 0; i < shape.key_size; ++i) to[i] = from[i];
  }

  /// Copies key_size elements of a row of what was convolved, brought to length 1. Each thread reads and
  /// writes the same ones.
  __device__ void load_unit(Thread& thread, int row, int first, float* to) const {
    const T* const from = convolved + std::int64_t{row} * shape.width() + first;
    float squares = 0;
    CALIBRAM_ROLLED
    for (int i = thread.index(); i < shape.key_size; i += threads) {
      to[i] = as_float(from[i]);
      squares += to[i] * to[i];
    }
    const float factor =
        1 / sqrtf(block_reduce(thread, squares, thread.shared<float>(), 0, Sum{}) + length_epsilon);
    CALIBRAM_ROLLED
    for (int i = thread.index(); i < shape.key_size; i += threads) to[i] *= factor;
  }

  /// Brings a column one token on.
  __device__ void advance(int row, int head, int column, const float* queries, const float* keys,
                          const MemoryColumn& own) const {
    const std::int64_t gate = std::int64_t{row} * shape.value_heads + head;
    const float share = kept_share(decay[head], steps[gate] + step_bias[head]);
    float recalled = 0, sum = 0;
    for (int i = 0; i < shape.key_size; ++i) {
      own[i] *= share;
      recalled += keys[i] * own[i];
    }
    const float value =
        as_float(convolved[std::int64_t{row} * shape.width() + shape.first_value(head) + column]);
    const float change = (value - recalled) / (1 + expf(-writes[gate]));
    for (int i = 0; i < shape.key_size; ++i) {
      own[i] += keys[i] * change;
      sum += queries[i] * own[i];
    }
    store(sum * shape.scale, out[gate * shape.value_size + column]);
  }
};

}  // namespace

void CudaOps::scan(const GatedDeltaNet& net, const DeltaInputs& inputs, StepShape step, Tensor& memory,
                   Tensor& out) {
  check_scan(net, inputs, step, memory, out);
  const auto narrow = [](std::int64_t size) { return static_cast<int>(size); };
  const std::int64_t pairs = step.batch * net.value_heads;
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  require(step.rows() <= most && pairs * net.value_size <= most, "scan",
          "the rows of a step, or the values of all sequences, are beyond 2^31 - 1");
  const DeltaShape shape{
      narrow(step.tokens),   narrow(pairs),           1 / std::sqrt(static_cast<float>(net.key_size)),
      narrow(net.key_heads), narrow(net.value_heads), narrow(net.key_size),
      narrow(net.value_size)};
  constexpr std::size_t shared_of_every_card = 48 * 1024;
  const bool in_shared = shape.shared_bytes(true) <= shared_of_every_card;
  const Grid grid{std::clamp<std::int64_t>(pairs * shape.tiles(), 1, most_blocks), delta_threads,
                  shape.shared_bytes(in_shared)};
  require(inputs.convolved.element == out.element, "scan",
          "there is no kernel for this combination of formats");
  with_float(out, "scan", [&](auto* type) {
    using T = Pointee<decltype(type)>;
    const auto start = [&]<bool shared>(std::bool_constant<shared>) {
      launch<delta_threads>(
          stream_, grid,
          ScanColumns<T, shared>{shape, elements<T>(inputs.convolved), any_elements(inputs.writes),
                                 any_elements(inputs.steps), any_elements(inputs.step_bias),
                                 any_elements(inputs.decay), elements<float>(memory), elements<T>(out)});
    };
    if (in_shared)
      start(std::true_type{});
    else
      start(std::false_type{});
  });
}

}  // namespace calibram
