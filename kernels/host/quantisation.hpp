// SPDX-License-Identifier: MIT
// Symmetric INT8 quantisation of a run of floats: scale = max|x| / 127.
#pragma once

#include <cstdint>

namespace calibram {

/// The largest magnitude; NaN when there is an infinity or a NaN among them, so that a scale made of it
/// shows in every result.
float magnitude(const float* x, std::int64_t count);

/// values = x / scale, rounded to the nearest even; all 0 for the scales 0 and NaN.
void quantise_part(const float* x, std::int64_t count, float scale, std::int8_t* values);

inline constexpr float int8_steps = 127;

}  // namespace calibram
