// SPDX-License-Identifier: MIT
// Arithmetic of the reference pass: norms, activations and quantisation of rows in double precision.
#pragma once

#include "src/model/model.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace calibram {

/// A matrix in double precision; of activations, one row for each token.
using Rows = std::vector<Doubles>;

inline std::size_t index(std::int64_t number) { return static_cast<std::size_t>(number); }

/// Integers from -127 to 127 in place of the `count` numbers from `x` on. @return their scale
double quantise(double* x, std::size_t count);

/// What an INT8 cache gives back of rows, of which every `size` elements have a scale of their own.
void pass_through_int8(Rows& x, std::size_t size);

/// To the nearest number of 11 significant bits, which FP16 has.
double rounded_to_half(double x);

/// Norms every `size` elements of each row for themselves. Weights, where there are any, are those of the
/// first so many elements of a row, and start again after the last.
Rows normed_parts(Norm kind, double epsilon, Rows x, std::size_t size, const Doubles& weight,
                  const Doubles& bias = {});

double activated(Activation kind, double x);
double softplus(double x);

/// Columns `first` to `first + count` of every row.
Rows columns(const Rows& x, std::int64_t first, std::int64_t count);

}  // namespace calibram
