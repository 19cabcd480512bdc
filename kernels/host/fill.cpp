// SPDX-License-Identifier: MIT
// Fills tensors with cheap reproducible numbers. An element depends on the seed and its index alone.
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace calibram {
namespace {

constexpr std::int64_t lanes = 4;  ///< 16-bit numbers of one hash
static_assert(line_elements % lanes == 0);

/// The `index`th number of Vigna's splitmix64.
constexpr std::uint64_t hash(std::uint64_t seed, std::int64_t index) {
  std::uint64_t x = seed + (static_cast<std::uint64_t>(index) + 1) * 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// Uniform 16-bit numbers of the elements from `first` (a multiple of `lanes`) on. Writes whole hashes:
/// up to lanes - 1 more than `count`.
void random_words(std::uint64_t seed, std::int64_t first, std::int64_t count, std::uint16_t* words) {
  for (std::int64_t i = 0; i < (count + lanes - 1) / lanes; ++i) {
    const std::uint64_t bits = hash(seed, first / lanes + i);
    std::memcpy(words + i * lanes, &bits, sizeof bits);
  }
}

/// Writes the `count` elements from the `first`th (a multiple of `lanes`) of a weight with `columns` inputs
/// to the beginning of `to`. FP32 and FP16: uniform in (-a, a), whose variance is a^2 / 3. INT8: uniform
/// whole numbers from -127 to 127.
void write_part(std::uint64_t seed, std::int64_t first, std::int64_t count, std::int64_t columns,
                Scratch& scratch, const Tensor& to, std::int64_t offset) {
  auto* words = reinterpret_cast<std::uint16_t*>(scratch.second.data());
  random_words(seed, first, count, words);
  if (to.element == Element::int8) {
    for (std::int64_t i = 0; i < count; ++i)
      elements<std::int8_t>(to)[offset + i] =
          static_cast<std::int8_t>(((std::int32_t{words[i]} * 255) >> 16) - 127);
    return;
  }
  const auto a = static_cast<float>(std::sqrt(3.0 / static_cast<double>(columns)));
  for (std::int64_t i = 0; i < count; ++i)
    scratch.line[static_cast<std::size_t>(i)] = (static_cast<float>(words[i]) - 32767.5F) * (a / 32768);
  store(scratch.line.data(), count, to, offset);
}

}  // namespace

void HostOps::fill_weight(Weight& weight, std::uint64_t seed) {
  Tensor& values = weight.values;
  require_element(values, {Element::fp32, Element::fp16, Element::int8}, "fill_weight");
  require(element_count(values) > 0, "fill_weight", "the weight is empty");
  for_each_part(element_count(values), line_elements, [&](std::int64_t first, std::int64_t count) {
    write_part(seed, first, count, values.columns, *scratch_, values, first);
  });
  if (values.element != Element::int8) return;
  require_element(weight.scales, {Element::fp32}, "fill_weight");
  require_vector(weight.scales, values.rows, "fill_weight");
  // 255 equally likely neighbours have the variance (255^2 - 1) / 12.
  const double variance = (255.0 * 255.0 - 1) / 12;
  const auto scale = static_cast<float>(1 / std::sqrt(variance * static_cast<double>(values.columns)));
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
  if (!tensor.empty()) std::memset(tensor.data, 0, static_cast<std::size_t>(tensor.bytes().count()));
}

void HostOps::fill_tokens(Tensor& tokens, std::int64_t vocabulary, std::uint64_t seed) {
  require_element(tokens, {Element::int32}, "fill_tokens");
  require(vocabulary > 0 && vocabulary <= std::numeric_limits<std::int32_t>::max(), "fill_tokens",
          "the vocabulary has not 1 to 2^31 - 1 tokens");
  for (std::int64_t i = 0; i < element_count(tokens); ++i)
    elements<std::int32_t>(tokens)[i] =
        static_cast<std::int32_t>(((hash(seed, i) >> 32) * static_cast<std::uint64_t>(vocabulary)) >> 32);
}

}  // namespace calibram
