// SPDX-License-Identifier: MIT
// Fills tensors with cheap reproducible numbers. An element depends on the seed and its index alone.
#include "kernels/cache_rows.hpp"
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"
#include "kernels/random.hpp"

#include <Eigen/Core>

#include <array>
#include <cmath>
#include <cstring>

namespace calibram {
namespace {

constexpr std::int64_t lanes = 4;  ///< elements that a part of a tensor begins at a multiple of
static_assert(line_elements % lanes == 0);

/// Element i takes the bits of its own width (16 for FP32) from the tensor's random words.
template <typename Bits>
Bits bits_of(std::uint64_t seed, std::int64_t i) {
  constexpr std::int64_t per_word = sizeof(std::uint32_t) / sizeof(Bits);
  const std::int64_t word = i / per_word;
  const std::uint32_t bits =
      random_word(random_key(seed, static_cast<std::uint32_t>(word >> 32)), static_cast<std::uint32_t>(word));
  return static_cast<Bits>(bits >> (static_cast<unsigned>(i % per_word) * 8 * sizeof(Bits)));
}

/// Writes the `count` elements from the `first`th of a weight with `columns` inputs to `to`, from its
/// `offset`th on. FP32 and FP16: a sign and k / 1024, times the factor that makes the variance 1 / columns,
/// itself rounded to FP16 where the elements are. INT8: whole numbers from -127 to 127.
void write_part(std::uint64_t seed, std::int64_t first, std::int64_t count, std::int64_t columns,
                Scratch& scratch, const Tensor& to, std::int64_t offset) {
  if (to.element == Element::int8) {
    for (std::int64_t i = 0; i < count; ++i)
      elements<std::int8_t>(to)[offset + i] = random_int8(bits_of<std::uint8_t>(seed, first + i));
    return;
  }
  const auto exact = static_cast<float>(1 / std::sqrt(random_variance * static_cast<double>(columns)));
  const float factor = to.element == Element::fp16 ? static_cast<float>(Eigen::half{exact}) : exact;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = bits_of<std::uint16_t>(seed, first + i);
    const float magnitude = static_cast<float>(random_magnitude(bits)) / 1024 * factor;
    scratch.line[static_cast<std::size_t>(i)] = random_sign(bits) ? -magnitude : magnitude;
  }
  store(scratch.line.data(), count, to, offset);
}

}  // namespace

void HostOps::fill_weight(Weight& weight, std::uint64_t seed) {
  Tensor& values = weight.values;
  check_fill_weight(weight);
  for_each_part(element_count(values), line_elements, [&](std::int64_t first, std::int64_t count) {
    write_part(seed, first, count, values.columns, *scratch_, values, first);
  });
  if (values.element != Element::int8) return;
  const auto scale =
      static_cast<float>(1 / std::sqrt(random_int8_variance * static_cast<double>(values.columns)));
  std::fill_n(elements<float>(weight.scales), values.rows, scale);
}

bool HostOps::holds_weight(const Weight& weight, std::uint64_t seed) {
  const Tensor& values = weight.values;
  const std::int64_t width = element_bytes(values.element), page_elements = 4096 / width;
  // The beginning of every page, written anew and compared.
  std::array<std::byte, lanes * 4> expected{};
  Tensor sample{expected.data(), 1, lanes, values.element};
  for (std::int64_t first = 0; first < element_count(values); first += page_elements) {
    const std::int64_t count = std::min(lanes, element_count(values) - first);
    write_part(seed, first, count, values.columns, *scratch_, sample, 0);
    if (std::memcmp(elements<std::byte>(values) + first * width, expected.data(),
                    static_cast<std::size_t>(count * width)) != 0)
      return false;
  }
  return true;
}

void HostOps::fill_ones(Tensor& vector) {
  require_float(vector, "fill_ones");
  scratch_->line.fill(1);
  for_each_part(element_count(vector), line_elements, [&](std::int64_t first, std::int64_t count) {
    store(scratch_->line.data(), count, vector, first);
  });
}

void HostOps::fill_zeros(Tensor& tensor) {
  require_element(tensor, {Element::fp32, Element::fp16, Element::int8, Element::int32}, "fill_zeros");
  if (element_count(tensor) > 0)
    std::memset(tensor.data, 0, static_cast<std::size_t>(tensor.bytes().count()));
}

void HostOps::fill_tokens(Tensor& tokens, std::int64_t vocabulary, std::uint64_t seed) {
  check_fill_tokens(tokens, vocabulary);
  for (std::int64_t i = 0; i < element_count(tokens); ++i)
    elements<std::int32_t>(tokens)[i] = random_token(seed, i, vocabulary);
}

void HostOps::fill_blocks(Tensor& blocks) {
  require_element(blocks, {Element::int32}, "fill_blocks");
  const std::int64_t count = element_count(blocks);
  const std::int64_t step = block_step(count);
  for (std::int64_t i = 0; i < count; ++i)
    elements<std::int32_t>(blocks)[i] = static_cast<std::int32_t>(i * step % count);
}

}  // namespace calibram
