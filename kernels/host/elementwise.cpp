// SPDX-License-Identifier: MIT
// Operations on single elements: activations, products, sums, conversion between FP16 and FP32.
#include "kernels/checks.hpp"
#include "kernels/host/elements.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"

#include <Eigen/Core>

#include <cstring>

namespace calibram {
namespace {

using Line = Eigen::Map<Eigen::ArrayXf>;

/// out = f(x), a line at a time; f changes a line in place.
template <typename Function>
void apply(const Tensor& x, const Tensor& out, Scratch& scratch, std::string_view operation, Function&& f) {
  check_elementwise(x, out, operation);
  for_each_part(element_count(x), line_elements, [&](std::int64_t first, std::int64_t count) {
    load(x, first, count, scratch.line.data());
    f(Line{scratch.line.data(), count}, first);
    store(scratch.line.data(), count, out, first);
  });
}

/// out = f(x, y); f changes the line of x in place.
template <typename Function>
void combine(const Tensor& x, const Tensor& y, const Tensor& out, Scratch& scratch,
             std::string_view operation, Function&& f) {
  check_elementwise(x, y, out, operation);
  apply(x, out, scratch, operation, [&](Line line, std::int64_t first) {
    load(y, first, line.size(), scratch.second.data());
    f(line, Line{scratch.second.data(), line.size()});
  });
}

void silu(Line x) { x /= 1 + (-x).exp(); }

/// The tanh approximation, 0.5 x (1 + tanh(u)) with u = sqrt(2 / pi) (x + 0.044715 x^3); Hendrycks and
/// Gimpel, arXiv:1606.08415. Written as x / (1 + exp(-2 u)), which is the same.
void gelu(Line x) {
  constexpr float twice_root = 1.5957691216F;  // 2 sqrt(2 / pi)
  x /= 1 + (-twice_root * (x + 0.044715F * x.cube())).exp();
}

void sigmoid(Line x) { x = 1 / (1 + (-x).exp()); }

void relu(Line x) {
  for (float& value : x) value = value < 0 ? 0 : value;  // a NaN stays
}

/// So et al., arXiv:2109.08668.
void relu_squared(Line x) {
  relu(x);
  x *= x;
}

}  // namespace

void HostOps::activate(Activation kind, const Tensor& x, Tensor& out) {
  apply(x, out, *scratch_, "activate", [&](Line line, std::int64_t) {
    switch (kind) {
      case Activation::silu:
        silu(line);
        break;
      case Activation::gelu:
        gelu(line);
        break;
      case Activation::relu:
        relu(line);
        break;
      case Activation::relu_squared:
        relu_squared(line);
        break;
      case Activation::sigmoid:
        sigmoid(line);
        break;
      case Activation::tanh:
        line = line.tanh();
        break;
    }
  });
}

void HostOps::multiply(const Tensor& x, const Tensor& y, Tensor& out) {
  check_multiply(x, y, out);
  if (element_count(x) == element_count(y))
    return combine(x, y, out, *scratch_, "multiply", [](Line a, const Line& b) { a *= b; });
  const bool by_row = y.rows == x.rows;
  for (std::int64_t row = 0; row < x.rows; ++row)
    for_each_part(x.columns, line_elements, [&](std::int64_t first, std::int64_t count) {
      Line line{scratch_->line.data(), count}, factors{scratch_->second.data(), count};
      load(x, row * x.columns + first, count, line.data());
      load(y, by_row ? row : first, by_row ? 1 : count, factors.data());
      if (by_row)
        line *= factors[0];
      else
        line *= factors;
      store(line.data(), count, out, row * x.columns + first);
    });
}

void HostOps::add(const Tensor& x, const Tensor& y, Tensor& out) {
  combine(x, y, out, *scratch_, "add", [](Line a, const Line& b) { a += b; });
}

void HostOps::convert(const Tensor& x, Tensor& out) {
  apply(x, out, *scratch_, "convert", [](const Line&, std::int64_t) {});
}

void HostOps::copy_columns(const Tensor& x, std::int64_t from, std::int64_t count, Tensor& out,
                           std::int64_t to) {
  check_copy_columns(x, from, count, out, to);
  const std::int64_t width = element_bytes(x.element);
  for (std::int64_t row = 0; row < x.rows; ++row)
    std::memcpy(elements<std::byte>(out) + (row * out.columns + to) * width,
                elements<const std::byte>(x) + (row * x.columns + from) * width,
                static_cast<std::size_t>(count * width));
}

}  // namespace calibram
