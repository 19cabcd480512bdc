// SPDX-License-Identifier: MIT
// The fixture of kernel tests: poisoned tensors, random numbers, and comparison with double precision.
#pragma once

#include "kernels/host/host_ops.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace calibram {

/// A matrix in double precision, row-major like a tensor.
using Doubles = std::vector<double>;

/// The elements of a tensor, INT8 and INT32 as plain numbers.
Doubles read(const Tensor& tensor);
/// Overwrites the elements, rounded to those of the tensor.
void write(const Tensor& tensor, const Doubles& values);

class HostTest : public testing::Test {
 protected:
  HostTest();

  /// A new tensor full of NaN (or of -1, where its elements are integers).
  Tensor poisoned(Element element, std::int64_t rows, std::int64_t columns);
  /// A new tensor of uniform numbers from -range to range.
  Tensor random(Element element, std::int64_t rows, std::int64_t columns, double range = 1);
  Tensor holding(Element element, std::int64_t rows, std::int64_t columns, const Doubles& values);
  /// A weight with INT8 values, its scales about 1/100.
  Weight random_int8_weight(std::int64_t rows, std::int64_t columns);

  HostOps ops{{.poisoned = true}};

 private:
  std::uint32_t seed_ = std::random_device{}();
  testing::ScopedTrace trace_;
  std::mt19937 generator_{seed_};
};

/// Every element within `tolerance` of the largest expected magnitude. A NaN is never close.
void expect_close(const Doubles& actual, const Doubles& expected, double tolerance = 1e-3);
void expect_close(const Tensor& actual, const Doubles& expected, double tolerance = 1e-3);

}  // namespace calibram
