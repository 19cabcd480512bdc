// SPDX-License-Identifier: MIT
// Copies of the hidden state, against plain loops.
#include "src/core/error.hpp"
#include "tests/kernels/host/host_test.hpp"

namespace calibram {
namespace {

class UpdatesTest : public HostTest {};

constexpr std::size_t count = 3, rows = 4, columns = 4100;

TEST_F(UpdatesTest, EveryCopyIsPredictedFromAll) {
  const Tensor copies = random(Element::fp16, count * rows, columns);
  const Tensor coefficients = random(Element::fp16, rows, count * count);
  Tensor out = poisoned(Element::fp16, count * rows, columns);
  ops.predict_copies(copies, coefficients, out);
  const Doubles x = read(copies), c = read(coefficients);
  Doubles expected = x;
  for (std::size_t at = 0; at < x.size(); ++at) {
    const std::size_t i = at / columns / rows, row = at / columns % rows, column = at % columns;
    for (std::size_t j = 0; j < count; ++j)
      expected[at] += c[row * count * count + i * count + j] * x[(j * rows + row) * columns + column];
  }
  expect_close(out, expected);
}

TEST_F(UpdatesTest, EveryCopyIsCorrectedByWhatTheFirstWasWrongBy) {
  Tensor copies = random(Element::fp16, count * rows, columns);
  const Tensor computed = random(Element::fp16, rows, columns);
  const Tensor coefficients = random(Element::fp16, rows, count);
  const Doubles before = read(copies), x = read(computed), c = read(coefficients);
  ops.correct_copies(computed, coefficients, copies);
  Doubles expected = before;
  for (std::size_t at = 0; at < before.size(); ++at) {
    const std::size_t i = at / columns / rows, place = at % (rows * columns);
    expected[at] += (1 + c[place / columns * count + i]) * (x[place] - before[place]);
  }
  expect_close(copies, expected);
}

TEST_F(UpdatesTest, OtherShapesAreRefused) {
  Tensor copies = random(Element::fp16, 12, 5);
  EXPECT_THROW(ops.predict_copies(copies, random(Element::fp16, 4, 8), copies), InputError);
  EXPECT_THROW(ops.correct_copies(random(Element::fp16, 4, 5), random(Element::fp16, 4, 2), copies),
               InputError);
  EXPECT_THROW(ops.correct_copies(random(Element::fp16, 4, 6), random(Element::fp16, 4, 3), copies),
               InputError);
}

}  // namespace
}  // namespace calibram
