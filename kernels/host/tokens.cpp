// SPDX-License-Identifier: MIT
// Where tokens become rows and rows become tokens: embedding, rotation, last rows, sampling.
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"

#include <cmath>
#include <limits>

namespace calibram {
namespace {

/// Copies part of a table row as floats, scaled where it is INT8. The row may be longer than the output:
/// an INT8 table is padded.
void load_entry(const Weight& table, std::int64_t row, std::int64_t first, std::int64_t count, float* to) {
  load(table.values, row * table.values.columns + first, count, to);
  if (table.values.element != Element::int8) return;
  const float scale = elements<float>(table.scales)[row];
  for (std::int64_t i = 0; i < count; ++i) to[i] *= scale;
}

/// Rotates one head: elements i and i + half as the two coordinates of a point, as Llama and GPT-NeoX
/// pair them (rotate_half).
void rotate_head(float* head, std::int64_t half, const float* cosines, const float* sines) {
  for (std::int64_t i = 0; i < half; ++i) {
    const float a = head[i], b = head[i + half];
    head[i] = a * cosines[i] - b * sines[i];
    head[i + half] = b * cosines[i] + a * sines[i];
  }
}

/// The index of the largest; the lowest of equals. A NaN never wins, unless there is nothing else.
std::int32_t argmax(const Tensor& logits, std::int64_t row, float* line) {
  std::int64_t best = -1;
  float greatest = 0;
  for_each_part(logits.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
    load(logits, row * logits.columns + first, count, line);
    for (std::int64_t i = 0; i < count; ++i)
      if (line[i] > greatest || (best < 0 && !std::isnan(line[i]))) {
        greatest = line[i];
        best = first + i;
      }
  });
  return static_cast<std::int32_t>(std::max(best, std::int64_t{0}));
}

}  // namespace

void HostOps::embed(const Weight& table, const Tensor& positions, const Tensor& tokens, StepShape step,
                    Tensor& out) {
  check_embed(table, positions, tokens, step, out);
  float* line = scratch_->line.data();
  float* other = scratch_->second.data();
  for (std::int64_t row = 0; row < out.rows; ++row) {
    const std::int32_t drawn = elements<std::int32_t>(tokens)[row];
    const std::int64_t token = drawn >= 0 && drawn < table.values.rows ? drawn : 0;
    const std::int64_t position = step.start + row % step.tokens;
    for_each_part(out.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
      load_entry(table, token, first, count, line);
      if (!positions.empty()) {
        load(positions, position * out.columns + first, count, other);
        for (std::int64_t i = 0; i < count; ++i) line[i] += other[i];
      }
      store(line, count, out, row * out.columns + first);
    });
  }
}

void HostOps::rotate(Tensor& x, std::int64_t heads, const Attention& attention, double theta,
                     StepShape step) {
  const std::int64_t size = attention.rotary_size, half = size / 2;
  check_rotate(x, heads, attention, step);
  float *head = scratch_->line.data(), *cosines = scratch_->second.data(), *sines = scratch_->third.data();
  double* frequencies = scratch_->frequencies.data();
  for (std::int64_t i = 0; i < half; ++i)
    frequencies[i] = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(size));
  for (std::int64_t row = 0; row < x.rows; ++row) {
    // Angles reach 1e5 and more, where floats are too coarse.
    const auto position = static_cast<double>(step.start + row % step.tokens);
    for (std::int64_t i = 0; i < half; ++i) {
      cosines[i] = static_cast<float>(std::cos(position * frequencies[i]));
      sines[i] = static_cast<float>(std::sin(position * frequencies[i]));
    }
    for (std::int64_t h = 0; h < heads; ++h) {
      const std::int64_t offset = row * x.columns + h * attention.head_size;
      load(x, offset, size, head);
      rotate_head(head, half, cosines, sines);
      store(head, size, x, offset);
    }
  }
}

void HostOps::last_rows(const Tensor& x, StepShape step, Tensor& out) {
  check_last_rows(x, step, out);
  float* line = scratch_->line.data();
  for (std::int64_t sequence = 0; sequence < step.batch; ++sequence) {
    const std::int64_t row = (sequence + 1) * step.tokens - 1;
    for_each_part(x.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
      load(x, row * x.columns + first, count, line);
      store(line, count, out, sequence * out.columns + first);
    });
  }
}

void HostOps::sample(const Tensor& logits, Tensor& tokens) {
  check_sample(logits, tokens);
  const std::int64_t batch = element_count(tokens);
  const std::int64_t tokens_each = logits.rows / batch;
  for (std::int64_t sequence = 0; sequence < batch; ++sequence)
    elements<std::int32_t>(tokens)[sequence] =
        argmax(logits, (sequence + 1) * tokens_each - 1, scratch_->line.data());
}

}  // namespace calibram
