// SPDX-License-Identifier: MIT
// Copies of the hidden state on a card, against the host's.
#include "src/core/error.hpp"
#include "tests/kernels/cuda/guarded_test.hpp"

namespace calibram {
namespace {

constexpr Element floats[] = {Element::fp16, Element::fp32};

struct Size {
  std::int64_t copies, rows, columns;
};
constexpr Size sizes[] = {{1, 1, 1}, {2, 3, 5}, {4, 7, 301}};

class UpdatesOnCard : public GuardedTest {};

TEST_F(UpdatesOnCard, PredictedCopiesAreTheHosts) {
  for (const Element element : floats)
    for (const Element of_coefficients : floats)
      for (const auto& [count, rows, columns] : sizes) {
        const Tensor copies = random(element, count * rows, columns);
        const Tensor coefficients = random(of_coefficients, rows, count * count);
        Tensor expected = poisoned(element, count * rows, columns);
        Tensor out = guarded(element, count * rows, columns);
        ops.predict_copies(copies, coefficients, expected);
        cuda.predict_copies(guarded(copies), guarded(coefficients), out);
        expect_on_card(out, expected);
      }
}

TEST_F(UpdatesOnCard, CorrectedCopiesAreTheHosts) {
  for (const Element element : floats)
    for (const Element of_coefficients : floats)
      for (const auto& [count, rows, columns] : sizes) {
        Tensor copies = random(element, count * rows, columns), on_card = guarded(copies);
        const Tensor computed = random(element, rows, columns);
        const Tensor coefficients = random(of_coefficients, rows, count);
        ops.correct_copies(computed, coefficients, copies);
        cuda.correct_copies(guarded(computed), guarded(coefficients), on_card);
        expect_on_card(on_card, copies);
      }
}

TEST_F(UpdatesOnCard, OtherShapesAreRefused) {
  Tensor copies = guarded(Element::fp16, 12, 5);
  EXPECT_THROW(cuda.predict_copies(copies, guarded(Element::fp16, 4, 8), copies), InputError);
  EXPECT_THROW(cuda.correct_copies(guarded(Element::fp16, 4, 5), guarded(Element::fp16, 4, 2), copies),
               InputError);
}

}  // namespace
}  // namespace calibram
