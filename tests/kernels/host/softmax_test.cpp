// SPDX-License-Identifier: MIT
// The softmax of rows of any length and width.
#include "tests/kernels/host/host_test.hpp"

#include <cmath>

namespace calibram {
namespace {

class Softmax : public HostTest {
 protected:
  Tensor softmax(const Tensor& x, Element element) {
    Tensor out = poisoned(element, x.rows, x.columns);
    ops.softmax(x, {}, {}, out);
    return out;
  }
};

TEST_F(Softmax, RowsOfAnyLengthAndWidth) {
  for (const std::int64_t columns : {1, 17, 33, 9000})
    for (const Element in : {Element::fp32, Element::fp16})
      for (const Element result : {Element::fp32, Element::fp16}) {
        const Tensor x = random(in, 3, columns, 9);
        Doubles expected = read(x);
        for (std::int64_t row = 0; row < 3; ++row) {
          double sum = 0;
          const auto first = expected.begin() + row * columns;
          for (auto i = first; i != first + columns; ++i) sum += * i = std::exp(*i);
          for (auto i = first; i != first + columns; ++i) *i /= sum;
        }
        expect_close(softmax(x, result), expected);
      }
}

TEST_F(Softmax, MaskedElementsAreExactlyZero) {
  const Tensor x = holding(Element::fp32, 1, 4, {-INFINITY, 3, 3, -INFINITY});
  EXPECT_EQ(read(softmax(x, Element::fp32)), (Doubles{0, 0.5, 0.5, 0}));
}

TEST_F(Softmax, ANanSpoilsItsRow) {
  for (const double value : read(softmax(holding(Element::fp16, 1, 3, {1, std::nan(""), 2}), Element::fp16)))
    EXPECT_TRUE(std::isnan(value));
}

}  // namespace
}  // namespace calibram
