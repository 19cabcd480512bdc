// SPDX-License-Identifier: MIT
// RMSNorm and LayerNorm on a card, against the host's.
#include "tests/kernels/cuda/cuda_test.hpp"

namespace calibram {
namespace {

class NormOnCard : public CudaTest, public testing::WithParamInterface<std::tuple<Norm, Element>> {};

TEST_P(NormOnCard, IsTheHosts) {
  const auto [kind, element] = GetParam();
  for (const std::int64_t columns : {1, 31, 256, 1000}) {
    for (const std::int64_t rows : {1, 7}) {
      const Tensor x = random(element, rows, columns), weight = random(element, 1, columns);
      const Tensor bias = kind == Norm::layer ? random(element, 1, columns) : Tensor{};
      Tensor expected = poisoned(element, rows, columns);
      ops.norm(kind, 1e-5, x, weight, bias, expected);
      Tensor out = poisoned_on_card(element, rows, columns);
      cuda.norm(kind, 1e-5, on_card(x), on_card(weight), on_card(bias), out);
      expect_on_card(out, expected);
    }
  }
}

TEST_P(NormOnCard, WorksInPlace) {
  const auto [kind, element] = GetParam();
  const Tensor x = random(element, 3, 100), weight = random(element, 1, 100);
  Tensor expected = poisoned(element, 3, 100);
  ops.norm(kind, 1e-6, x, weight, {}, expected);
  Tensor out = on_card(x);
  cuda.norm(kind, 1e-6, out, on_card(weight), {}, out);
  expect_on_card(out, expected);
}

TEST_P(NormOnCard, NeedsNoWeight) {
  const auto [kind, element] = GetParam();
  const Tensor x = random(element, 7, 100);
  for (const Tensor& bias : {Tensor{}, random(element, 1, 100)}) {
    Tensor expected = poisoned(element, 7, 100), out = poisoned_on_card(element, 7, 100);
    ops.norm(kind, 1e-5, x, {}, bias, expected);
    cuda.norm(kind, 1e-5, on_card(x), {}, on_card(bias), out);
    expect_on_card(out, expected);
  }
}

TEST_P(NormOnCard, RowsTakeSeveralWeightsInTurns) {
  const auto [kind, element] = GetParam();
  for (const std::int64_t weights : {2, 3, 12}) {
    const Tensor x = random(element, 12, 40), weight = random(element, 1, weights * 40);
    Tensor expected = poisoned(element, 12, 40), out = poisoned_on_card(element, 12, 40);
    ops.norm(kind, 1e-5, x, weight, {}, expected);
    cuda.norm(kind, 1e-5, on_card(x), on_card(weight), {}, out);
    expect_on_card(out, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, NormOnCard,
                         testing::Combine(testing::Values(Norm::rms, Norm::layer),
                                          testing::Values(Element::fp16, Element::fp32)));

}  // namespace
}  // namespace calibram
