// SPDX-License-Identifier: MIT
// Mixtures of experts: who takes which row, rows brought together by expert, and back.
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"
#include "kernels/routes.hpp"

#include <cmath>
#include <cstring>
#include <limits>

namespace calibram {
namespace {

/// An expert and its score. A NaN counts as the lowest score.
struct Choice {
  std::int64_t expert = -1;
  float score = minus_infinity;

  bool precedes(const Choice& other) const {
    return score > other.score || (score == other.score && expert < other.expert);
  }
};

Choice choice_of(const Tensor& scores, const Tensor& bias, std::int64_t row, std::int64_t expert) {
  float score = 0, shift = 0;
  load(scores, row * scores.columns + expert, 1, &score);
  if (!bias.empty()) load(bias, expert, 1, &shift);
  score += shift;
  return {expert, std::isnan(score) ? minus_infinity : score};
}

/// The first expert after `last`, in the order of their scores.
Choice next_choice(const Tensor& scores, const Tensor& bias, std::int64_t row, const Choice& last) {
  Choice best;
  for (std::int64_t expert = 0; expert < scores.columns; ++expert) {
    const Choice choice = choice_of(scores, bias, row, expert);
    const bool is_left = last.expert < 0 || last.precedes(choice);
    if (is_left && (best.expert < 0 || choice.precedes(best))) best = choice;
  }
  return best;
}

/// Writes the experts of a row in the place of its places, and their shares.
void choose(const Tensor& scores, const Tensor& bias, std::int64_t row, const Routes& routes) {
  const std::int64_t active = routes.places.columns;
  float* shares = elements<float>(routes.shares) + row * active;
  Choice choice;
  float sum = 0, greatest = 0;
  for (std::int64_t j = 0; j < active; ++j) {
    choice = next_choice(scores, bias, row, choice);
    elements<std::int32_t>(routes.places)[row * active + j] = static_cast<std::int32_t>(choice.expert);
    if (j == 0) greatest = choice.score;
    // Where all scores are infinitely low, they are equal.
    shares[j] = choice.score == greatest ? 1 : std::exp(choice.score - greatest);
    sum += shares[j];
  }
  for (std::int64_t j = 0; j < active; ++j) shares[j] /= sum;
}

}  // namespace

void HostOps::route(const Tensor& scores, const Tensor& bias, Routes& routes) {
  check_route(scores, bias, routes);
  for (std::int64_t row = 0; row < scores.rows; ++row) choose(scores, bias, row, routes);
  sort_by_expert(elements<std::int32_t>(routes.places), element_count(routes.places), scores.columns,
                 routes.starts);
}

void HostOps::gather_rows(const Tensor& x, const Routes& routes, Tensor& out) {
  check_gather_rows(x, routes, out);
  const std::int64_t row_bytes = x.columns * element_bytes(x.element), active = routes.places.columns;
  for (std::int64_t i = 0; i < element_count(routes.places); ++i)
    std::memcpy(elements<std::byte>(out) + elements<std::int32_t>(routes.places)[i] * row_bytes,
                elements<const std::byte>(x) + i / active * row_bytes, static_cast<std::size_t>(row_bytes));
}

void HostOps::combine_experts(const Tensor& x, const Routes& routes, Tensor& out) {
  check_combine_experts(x, routes, out);
  float *sums = scratch_->line.data(), *line = scratch_->second.data();
  const std::int64_t active = routes.places.columns;
  for (std::int64_t row = 0; row < out.rows; ++row)
    for_each_part(out.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
      std::fill_n(sums, count, 0.0F);
      for (std::int64_t j = row * active; j < (row + 1) * active; ++j) {
        load(x, elements<std::int32_t>(routes.places)[j] * x.columns + first, count, line);
        const float share = elements<float>(routes.shares)[j];
        for (std::int64_t i = 0; i < count; ++i) sums[i] += share * line[i];
      }
      store(sums, count, out, row * out.columns + first);
    });
}

}  // namespace calibram
