// SPDX-License-Identifier: MIT
// What the recurrences of state spaces and linear attention share.
#pragma once

#include "kernels/cuda/thread.cuh"

#include <cmath>

namespace calibram {

/// log(1 + e^x), which from 20 on is x to the last bit of a float.
__device__ inline float softplus(float x) { return x > 20 ? x : log1pf(expf(x)); }

/// What is left of the memory after a time step.
/// @param decay  log(-A) @param step  before softplus
__device__ inline float kept_share(float decay, float step) { return expf(-expf(decay) * softplus(step)); }

}  // namespace calibram
