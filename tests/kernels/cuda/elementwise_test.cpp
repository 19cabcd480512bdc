// SPDX-License-Identifier: MIT
// Activations, products, sums and conversion on a card, against the host's.
#include "src/core/error.hpp"
#include "tests/kernels/cuda/guarded_test.hpp"

#include <cmath>

namespace calibram {
namespace {

constexpr Element floats[] = {Element::fp16, Element::fp32};

struct Size {
  std::int64_t rows, columns, shift;  ///< shifted tensors are not aligned
};
// Less than a pack of eight, packs alone, packs and a rest, several blocks.
constexpr Size sizes[] = {{1, 1, 0}, {1, 7, 0}, {4, 8, 0}, {3, 33, 0}, {3, 33, 1}, {2, 5003, 0}};

class ElementwiseOnCard : public GuardedTest {};

TEST_F(ElementwiseOnCard, ActivationsAreTheHosts) {
  for (const Activation kind : activations)
    for (const Element in : floats)
      for (const Element result : floats)
        for (const auto& [rows, columns, shift] : sizes) {
          const Tensor x = random(in, rows, columns, 6);
          Tensor expected = poisoned(result, rows, columns), out = guarded(result, rows, columns, shift);
          ops.activate(kind, x, expected);
          cuda.activate(kind, guarded(x, shift), out);
          expect_on_card(out, expected);
        }
}

TEST_F(ElementwiseOnCard, ActivationsHoldAtTheEndsOfTheRange) {
  const auto ends_of = [](Activation kind) -> Doubles {
    if (kind == Activation::relu_squared) return {0, 0, 0, 10000, INFINITY};
    if (kind == Activation::sigmoid) return {0, 0, 0.5, 1, 1};
    if (kind == Activation::tanh) return {-1, -1, 0, 1, 1};
    return {0, 0, 0, 100, 65504};
  };
  for (const Activation kind : activations) {
    Tensor x = guarded(holding(Element::fp16, 1, 5, {-65504, -100, 0, 100, 65504}));
    cuda.activate(kind, x, x);
    EXPECT_EQ(read(back(x)), ends_of(kind)) << static_cast<int>(kind);
  }
}

TEST_F(ElementwiseOnCard, ANanPassesThroughEveryOperation) {
  // Nine: a pack, and a rest behind it.
  const Tensor nan = guarded(holding(Element::fp16, 1, 9, Doubles(9, std::nan(""))));
  const Tensor zero = guarded(holding(Element::fp16, 1, 9, Doubles(9, 0.0)));
  Tensor out = guarded(Element::fp32, 1, 9);
  const auto expect_nan = [&] {
    for (const double value : read(back(out))) EXPECT_TRUE(std::isnan(value));
    cuda.fill_zeros(out);
  };
  for (const Activation kind : activations) {
    cuda.activate(kind, nan, out);
    expect_nan();
  }
  cuda.multiply(zero, nan, out);
  expect_nan();
  cuda.add(nan, zero, out);
  expect_nan();
  cuda.convert(nan, out);
  expect_nan();
}

TEST_F(ElementwiseOnCard, ProductsAndSumsAreTheHosts) {
  for (const Element first : floats)
    for (const Element second : floats)
      for (const Element result : floats)
        for (const auto& [rows, columns, shift] : sizes) {
          const Tensor x = random(first, rows, columns), y = random(second, rows, columns);
          Tensor expected = poisoned(result, rows, columns), out = guarded(result, rows, columns, shift);
          ops.multiply(x, y, expected);
          cuda.multiply(guarded(x, shift), guarded(y, shift), out);
          expect_on_card(out, expected);
          ops.add(x, y, expected);
          cuda.add(guarded(x, shift), guarded(y), out);
          expect_on_card(out, expected);
        }
}

TEST_F(ElementwiseOnCard, AFactorARowOrAColumnIsTheHosts) {
  for (const Element first : floats)
    for (const Element second : floats)
      for (const Element result : floats)
        for (const auto& [rows, columns, shift] : sizes)
          for (const bool by_row : {true, false}) {
            const Tensor x = random(first, rows, columns),
                         y = by_row ? random(second, rows, 1) : random(second, 1, columns);
            Tensor expected = poisoned(result, rows, columns), out = guarded(result, rows, columns, shift);
            ops.multiply(x, y, expected);
            cuda.multiply(guarded(x, shift), guarded(y, shift), out);
            expect_on_card(out, expected);
            if (first != result) continue;
            Tensor in_place = guarded(x, shift);
            cuda.multiply(in_place, guarded(y), in_place);
            expect_on_card(in_place, expected);
          }
}

// As many rows as columns: the shape of the factors says which they are.
TEST_F(ElementwiseOnCard, FactorsOfASquareAreByRowWhereTheyAreOneColumn) {
  const Tensor x = guarded(holding(Element::fp32, 2, 2, {1, 2, 3, 4}));
  Tensor out = guarded(Element::fp32, 2, 2);
  cuda.multiply(x, guarded(holding(Element::fp32, 2, 1, {10, 100})), out);
  EXPECT_EQ(read(back(out)), (Doubles{10, 20, 300, 400}));
  cuda.multiply(x, guarded(holding(Element::fp32, 1, 2, {10, 100})), out);
  EXPECT_EQ(read(back(out)), (Doubles{10, 200, 30, 400}));
}

TEST_F(ElementwiseOnCard, ColumnsAreCopiedAsOnTheHostAndNothingElse) {
  struct Case {
    std::int64_t x_columns, from, count, out_columns, to;
  };
  // Whole packs of 16 bytes, and each of the five lengths that are none.
  for (const Element element : floats)
    for (const std::int64_t shift : {0, 1})
      for (const Case& c : {Case{64, 16, 32, 48, 8}, Case{65, 16, 32, 48, 8}, Case{64, 17, 32, 48, 8},
                            Case{64, 16, 31, 48, 8}, Case{64, 16, 32, 49, 8}, Case{64, 16, 32, 48, 7},
                            Case{600, 0, 600, 600, 0}, Case{8, 0, 0, 8, 8}}) {
        const Tensor x = random(element, 5, c.x_columns), before = random(element, 5, c.out_columns);
        Tensor expected = poisoned(element, 5, c.out_columns), out = guarded(before, shift);
        ops.convert(before, expected);
        ops.copy_columns(x, c.from, c.count, expected, c.to);
        cuda.copy_columns(guarded(x, shift), c.from, c.count, out, c.to);
        expect_bytes(out, expected);
      }
}

TEST_F(ElementwiseOnCard, ColumnsThatAreNotThereAreNotCopied) {
  const Tensor x = guarded(Element::fp16, 2, 8);
  Tensor out = guarded(Element::fp16, 2, 6), wide = guarded(Element::fp32, 2, 8);
  EXPECT_THROW(cuda.copy_columns(x, 3, 6, out, 0), InputError);
  EXPECT_THROW(cuda.copy_columns(x, 0, 4, out, 3), InputError);
  EXPECT_THROW(cuda.copy_columns(x, -1, 4, out, 0), InputError);
  EXPECT_THROW(cuda.copy_columns(x, 0, 4, wide, 0), InputError);
}

TEST_F(ElementwiseOnCard, TheOutputMayBeTheInput) {
  for (const Element element : floats)
    for (const auto& [rows, columns, shift] : sizes) {
      const Tensor host = random(element, rows, columns), y = random(element, rows, columns);
      Tensor expected = poisoned(element, rows, columns), x = guarded(host, shift);
      ops.activate(Activation::gelu, host, expected);
      cuda.activate(Activation::gelu, x, x);
      expect_on_card(x, expected);
      Tensor sum = guarded(host, shift);
      ops.add(host, y, expected);
      cuda.add(sum, guarded(y, shift), sum);
      expect_on_card(sum, expected);
      Tensor product = guarded(host);
      ops.multiply(host, y, expected);
      cuda.multiply(product, guarded(y), product);
      expect_on_card(product, expected);
    }
}

TEST_F(ElementwiseOnCard, EveryHalfConvertsToFloatAndBack) {
  Tensor halves = poisoned(Element::fp16, 1, 65536);
  for (int bits = 0; bits < 65536; ++bits)
    static_cast<std::uint16_t*>(halves.data)[bits] = static_cast<std::uint16_t>(bits);
  Tensor floats_on_card = guarded(Element::fp32, 1, 65536), halves_on_card = guarded(Element::fp16, 1, 65536);
  cuda.convert(guarded(halves), floats_on_card);
  cuda.convert(floats_on_card, halves_on_card);
  const Doubles expected = read(halves), wide = read(back(floats_on_card)),
                narrow = read(back(halves_on_card));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(expected[i])) {
      ASSERT_TRUE(std::isnan(wide[i]) && std::isnan(narrow[i])) << i;
    } else {
      ASSERT_EQ(wide[i], expected[i]) << i;
      ASSERT_EQ(narrow[i], expected[i]) << i;
    }
  }
}

// More elements than 32 bits count, and than one grid has threads; only a large card can hold them. Random
// weights survive widening and narrowing bit for bit.
TEST_F(ElementwiseOnCard, TensorsLargerThanTheGridAreConvertedWhole) {
  constexpr std::int64_t columns = 4096, rows = (std::int64_t{1} << 31) / columns + 7;
  const Tensor shape{nullptr, rows, columns, Element::fp16};
  const Bytes needed = 4 * shape.bytes() + Bytes{1 << 30};
  if (!has_free(needed)) GTEST_SKIP() << "needs " << mib_text(needed) << " on the card";
  Weight weight{poisoned_on_card(Element::fp16, rows, columns), {}};
  Tensor wide = poisoned_on_card(Element::fp32, rows, columns);
  Weight narrow{poisoned_on_card(Element::fp16, rows, columns), {}};
  cuda.fill_weight(weight, 5);
  cuda.convert(weight.values, wide);
  cuda.convert(wide, narrow.values);
  EXPECT_TRUE(cuda.holds_weight(narrow, 5));
}

TEST_F(ElementwiseOnCard, TensorsOfOtherSizesOrFormatsAreRefused) {
  Tensor x = guarded(Element::fp16, 2, 8), out = guarded(Element::fp16, 2, 9),
         raw = guarded(Element::raw8, 2, 8);
  EXPECT_THROW(cuda.activate(Activation::silu, x, out), InputError);
  EXPECT_THROW(cuda.add(x, out, x), InputError);
  EXPECT_THROW(cuda.convert(x, raw), InputError);
  EXPECT_THROW(cuda.multiply(x, raw, x), InputError);
  EXPECT_THROW(cuda.multiply(x, guarded(Element::fp16, 1, 2), x), InputError);
}

}  // namespace
}  // namespace calibram
