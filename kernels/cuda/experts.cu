// SPDX-License-Identifier: MIT
// Mixtures of experts: which experts a row goes to, its copies for them, and the sum of what they make of it.
// Run it alone: cuda_tests --gtest_filter='*Experts*', or without a card cuda_emulation_tests.
#include "kernels/checks.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/routes.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace calibram {
namespace {

/// An expert and its score; index -1 for none.
struct Choice {
  float score = 0;
  int index = -1;

  /// Larger scores come first, the earlier of equal ones.
  __device__ bool precedes(const Choice& other) const {
    if (index < 0 || other.index < 0) return index >= 0;
    return score > other.score || (score == other.score && index < other.index);
  }
};

/// A warp per row finds the largest scores one after the other: each is the first of those behind the one
/// before it.
struct RouteRow {
  AnyElements scores, bias;
  std::int32_t* chosen;
  float* shares;
  std::int64_t rows;
  int experts, active;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.first() / warp_size; row < rows; row += thread.stride() / warp_size) {
      float largest = 0, sum = 0;
      Choice choice;
      CALIBRAM_ROLLED
      for (int j = 0; j < active; ++j) {
        choice = first_of_warp(thread, first_of_lane(thread, row, choice));
        if (j == 0) largest = choice.score;
        // Where all scores are infinitely low, they are equal.
        const float weight = choice.score == largest ? 1 : expf(choice.score - largest);
        sum += weight;
        if (thread.lane() == 0) {
          chosen[row * active + j] = choice.index;
          shares[row * active + j] = weight;
        }
      }
      if (thread.lane() == 0)
        for (int j = 0; j < active; ++j) shares[row * active + j] /= sum;
    }
  }

 private:
  /// Of every 32nd expert, the first that `last` precedes; of all of them if that is none.
  __device__ Choice first_of_lane(Thread& thread, std::int64_t row, const Choice& last) const {
    Choice first;
    CALIBRAM_ROLLED
    for (int i = thread.lane(); i < experts; i += warp_size) {
      const Choice choice{score_at(row, i), i};
      if (choice.precedes(first) && (last.index < 0 || last.precedes(choice))) first = choice;
    }
    return first;
  }

  __device__ static Choice first_of_warp(Thread& thread, Choice first) {
    for (int distance = warp_size / 2; distance > 0; distance /= 2) {
      const int lane = thread.lane() ^ distance;
      const float score = thread.from_lane(first.score, lane);
      const Choice other{score, thread.from_lane(first.index, lane)};
      if (other.precedes(first)) first = other;
    }
    return first;
  }

  /// A NaN counts as the lowest score, so that all have an order.
  __device__ float score_at(std::int64_t row, int expert) const {
    const float score = scores[row * experts + expert] + (bias.empty() ? 0 : bias[expert]);
    return score == score ? score : -INFINITY;
  }
};

/// A block per row copies it to its places.
struct GatherRow {
  AnyElements x;
  const std::int32_t* places;
  AnyElements out;
  std::int64_t rows, columns;
  int active;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks())
      for (std::int64_t i = thread.index(); i < columns; i += thread.count()) {
        const float value = x[row * columns + i];
        for (int j = 0; j < active; ++j) out.set(places[row * active + j] * columns + i, value);
      }
  }
};

/// A block per row adds up what its experts made of it.
struct CombineRow {
  AnyElements x;
  const std::int32_t* places;
  const float* shares;
  AnyElements out;
  std::int64_t rows, columns;
  int active;

  __device__ void operator()(Thread& thread) const {
    for (std::int64_t row = thread.block(); row < rows; row += thread.blocks())
      for (std::int64_t i = thread.index(); i < columns; i += thread.count()) {
        float sum = 0;
        for (int j = 0; j < active; ++j)
          sum += shares[row * active + j] * x[places[row * active + j] * columns + i];
        out.set(row * columns + i, sum);
      }
  }
};

}  // namespace

// The experts' numbers go over the host, which must know `starts` anyway to start the products of each
// expert: one wait for the card a layer, as in frameworks that call each expert on its own.
void CudaOps::route(const Tensor& scores, const Tensor& bias, Routes& routes) {
  check_route(scores, bias, routes);
  require(element_count(routes.places) <= std::numeric_limits<std::int32_t>::max(), "route",
          "the rows of all experts are beyond 2^31 - 1");
  auto* const places = elements<std::int32_t>(routes.places);
  launch(stream_, grid_over(scores.rows * warp_size),
         RouteRow{any_elements(scores), any_elements(bias), places, elements<float>(routes.shares),
                  scores.rows, static_cast<int>(scores.columns), static_cast<int>(routes.places.columns)});
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(element_count(routes.places)));
  const std::size_t bytes = numbers.size() * sizeof numbers[0];
  if (bytes > 0)
    cuda_check(cudaMemcpyAsync(numbers.data(), places, bytes, cudaMemcpyDeviceToHost, stream_),
               "read the chosen experts");
  cuda_check(cudaStreamSynchronize(stream_), "choose experts");
  sort_by_expert(numbers.data(), element_count(routes.places), scores.columns, routes.starts);
  if (bytes > 0)
    cuda_check(cudaMemcpyAsync(places, numbers.data(), bytes, cudaMemcpyHostToDevice, stream_),
               "write the places of rows");
  // `numbers` must outlive the copy.
  cuda_check(cudaStreamSynchronize(stream_), "write the places of rows");
}

void CudaOps::gather_rows(const Tensor& x, const Routes& routes, Tensor& out) {
  check_gather_rows(x, routes, out);
  launch(stream_, grid_over_rows(x.rows),
         GatherRow{any_elements(x), elements<std::int32_t>(routes.places), any_elements(out), x.rows,
                   x.columns, static_cast<int>(routes.places.columns)});
}

void CudaOps::combine_experts(const Tensor& x, const Routes& routes, Tensor& out) {
  check_combine_experts(x, routes, out);
  launch(stream_, grid_over_rows(out.rows),
         CombineRow{any_elements(x), elements<std::int32_t>(routes.places), elements<float>(routes.shares),
                    any_elements(out), out.rows, out.columns, static_cast<int>(routes.places.columns)});
}

}  // namespace calibram
