// SPDX-License-Identifier: MIT
// Where tokens become rows and rows become tokens: embedding, rotation, last rows, sampling.
// Run it alone: cuda_tests --gtest_filter='Tokens*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"

#include <array>
#include <cmath>
#include <numbers>

namespace calibram {
namespace {

/// A block per row. A token outside the table reads its first row.
template <typename T, typename Out>
struct EmbedRow {
  const T* table;
  const float* scales;  ///< null unless the table is INT8
  AnyElements positions;
  const std::int32_t* tokens;
  Out* out;
  std::int64_t rows, columns, table_columns, vocabulary;  ///< an INT8 table is padded
  std::int64_t start, step_tokens;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks()) {
      const std::int64_t position = start + row % step_tokens, drawn = tokens[row];
      const std::int64_t token = drawn >= 0 && drawn < vocabulary ? drawn : 0;
      for (std::int64_t i = thread.index(); i < columns; i += thread.count()) {
        const float value = entry(token, i);
        store(positions.empty() ? value : value + positions[position * columns + i], out[row * columns + i]);
      }
    }
  }

 private:
  __device__ float entry(std::int64_t token, std::int64_t i) const {
    const float value = as_float(table[token * table_columns + i]);
    return scales == nullptr ? value : value * scales[token];
  }
};

/// sin and cos of `half_turns` * pi. In turns, and reduced to one of them, because the functions that take
/// any angle keep a stack frame for the large ones.
__device__ inline void sine_cosine(float half_turns, float& sine, float& cosine) {
#ifdef __CUDACC__
  sincospif(half_turns, &sine, &cosine);
#else
  sine = std::sin(std::numbers::pi_v<float> * half_turns);
  cosine = std::cos(std::numbers::pi_v<float> * half_turns);
#endif
}

/// A block per row. A thread turns the pair (i, i + half) of a few heads by the same angle.
template <typename X>
struct RotateRow {
  static constexpr int heads_each = 4, step_pairs = 32;

  X* x;
  std::int64_t rows, columns, start, step_tokens;
  int heads, head_size, half;
  /// The turns of pair i from one position to the next are few[i % 32] * many[i / 32]: all of them would not
  /// fit a kernel's 4 KiB of arguments (CUDA 12.0).
  std::array<double, step_pairs> few;
  std::array<double, largest_head_size / 2 / step_pairs> many;

  __device__ void operator()(Thread& thread) const {
    const int work = (heads + heads_each - 1) / heads_each * half;
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks()) {
      const auto position = static_cast<double>(start + row % step_tokens);
      for (int i = thread.index(); i < work; i += thread.count())
        rotate(x + row * columns, i / half * heads_each, i % half, position);
    }
  }

 private:
  __device__ void rotate(X* line, int first_head, int i, double position) const {
    // Angles reach 1e5 and more, where floats are too coarse; what remains of them within a turn is not.
    const double all_turns = position * (few.data()[i % step_pairs] * many.data()[i / step_pairs]);
    float sine, cosine;
    sine_cosine(static_cast<float>(2 * (all_turns - rint(all_turns))), sine, cosine);
    const int end = std::min(first_head + heads_each, heads);
    for (int head = first_head; head < end; ++head) {
      X &first = line[head * head_size + i], &second = line[head * head_size + i + half];
      const float a = as_float(first), b = as_float(second);
      store(a * cosine - b * sine, first);
      store(b * cosine + a * sine, second);
    }
  }
};

/// A block per sequence.
template <typename X, typename Out>
struct LastRow {
  const X* x;
  Out* out;
  std::int64_t batch, columns, step_tokens;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t sequence = thread.block(); sequence < batch; sequence += thread.blocks()) {
      const X* from = x + ((sequence + 1) * step_tokens - 1) * columns;
      for (std::int64_t i = thread.index(); i < columns; i += thread.count())
        store(as_float(from[i]), out[sequence * columns + i]);
    }
  }
};

/// A logit and its index; index -1 where there is none but NaN.
struct Candidate {
  float logit = 0;
  int index = -1;

  /// The larger; the lower index of equals.
  __device__ Candidate better(const Candidate& other) const {
    if (other.index < 0) return *this;
    if (index < 0 || other.logit > logit) return other;
    return other.logit == logit && other.index < index ? other : *this;
  }
};

/// A block per sequence.
template <typename X>
struct Sample {
  static constexpr int threads = 1024;

  const X* logits;
  std::int32_t* tokens;
  std::int64_t batch, rows_each;
  int columns;

  __device__ void operator()(Thread& thread) const {
    auto* of_warps = thread.shared<Candidate>();
    for (std::int64_t sequence = thread.block(); sequence < batch; sequence += thread.blocks()) {
      const Candidate mine = best_of_warp(thread, best_of_thread(thread, sequence));
      if (thread.lane() == 0) of_warps[thread.warp()] = mine;
      thread.sync();
      if (thread.warp() == 0) {
        const bool has_warp = thread.lane() < thread.count() / warp_size;
        const Candidate best = best_of_warp(thread, has_warp ? of_warps[thread.lane()] : Candidate{});
        if (thread.lane() == 0) tokens[sequence] = std::max(best.index, 0);
      }
      thread.sync();
    }
  }

 private:
  __device__ Candidate best_of_thread(Thread& thread, std::int64_t sequence) const {
    const X* line = logits + ((sequence + 1) * rows_each - 1) * columns;
    Candidate best;
    for (std::int64_t i = thread.index(); i < columns; i += thread.count()) {
      const float logit = as_float(line[i]);
      if (logit > best.logit || (best.index < 0 && logit == logit)) best = {logit, static_cast<int>(i)};
    }
    return best;
  }

  __device__ static Candidate best_of_warp(Thread& thread, Candidate best) {
    for (int distance = warp_size / 2; distance > 0; distance /= 2) {
      const int lane = thread.lane() ^ distance;
      const float logit = thread.from_lane(best.logit, lane);
      best = best.better({logit, thread.from_lane(best.index, lane)});
    }
    return best;
  }
};

}  // namespace

void CudaOps::embed(const Weight& table, const Tensor& positions, const Tensor& tokens, StepShape step,
                    Tensor& out) {
  check_embed(table, positions, tokens, step, out);
  const bool is_int8 = table.values.element == Element::int8;
  with_element(table.values, "embed", [&](auto* element) {
    with_float(out, "embed", [&](auto* result) {
      using T = Pointee<decltype(element)>;
      using Out = Pointee<decltype(result)>;
      launch(stream_, grid_over_rows(out.rows),
             EmbedRow<T, Out>{elements<T>(table.values), is_int8 ? elements<float>(table.scales) : nullptr,
                              any_elements(positions), elements<std::int32_t>(tokens), elements<Out>(out),
                              out.rows, out.columns, table.values.columns, table.values.rows, step.start,
                              step.tokens});
    });
  });
}

void CudaOps::rotate(Tensor& x, std::int64_t heads, const Attention& attention, double theta,
                     StepShape step) {
  check_rotate(x, heads, attention, step);
  const std::int64_t size = attention.rotary_size;
  if (size == 0) return;
  with_float(x, "rotate", [&](auto* element) {
    using X = Pointee<decltype(element)>;
    RotateRow<X> kernel{elements<X>(x),
                        x.rows,
                        x.columns,
                        step.start,
                        step.tokens,
                        static_cast<int>(heads),
                        static_cast<int>(attention.head_size),
                        static_cast<int>(size / 2),
                        {},
                        {}};
    // Pair i turns by theta^(-2 i / size) radians.
    const double slower = std::pow(theta, -2 / static_cast<double>(size));
    for (std::size_t i = 0; i < kernel.few.size(); ++i)
      kernel.few[i] = std::pow(slower, static_cast<double>(i)) / (2 * std::numbers::pi);
    for (std::size_t i = 0; i < kernel.many.size(); ++i)
      kernel.many[i] = std::pow(slower, static_cast<double>(i * kernel.few.size()));
    launch(stream_, grid_over_rows(x.rows), kernel);
  });
}

void CudaOps::last_rows(const Tensor& x, StepShape step, Tensor& out) {
  check_last_rows(x, step, out);
  with_float(x, "last_rows", [&](auto* in) {
    with_float(out, "last_rows", [&](auto* result) {
      using X = Pointee<decltype(in)>;
      using Out = Pointee<decltype(result)>;
      launch(stream_, grid_over_rows(step.batch),
             LastRow<X, Out>{elements<X>(x), elements<Out>(out), step.batch, x.columns, step.tokens});
    });
  });
}

void CudaOps::sample(const Tensor& logits, Tensor& tokens) {
  check_sample(logits, tokens);
  const std::int64_t batch = element_count(tokens);
  with_float(logits, "sample", [&](auto* element) {
    using X = Pointee<decltype(element)>;
    Grid grid = grid_over_rows(batch, warp_size * sizeof(Candidate));
    grid.threads = Sample<X>::threads;
    launch<Sample<X>::threads>(stream_, grid,
                               Sample<X>{elements<X>(logits), elements<std::int32_t>(tokens), batch,
                                         logits.rows / batch, static_cast<int>(logits.columns)});
  });
}

}  // namespace calibram
