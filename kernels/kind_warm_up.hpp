// SPDX-License-Identifier: MIT
// The part of every backend's warm-up that is for architectures beyond the dense decoder.
#pragma once

#include "src/engine/ops.hpp"

namespace calibram {

/// Runs every operation of experts, latent attention, recurrences and alternating updates at small sizes,
/// once for every kernel that it has. What it allocates is released.
void warm_up_kinds(Ops& ops);

}  // namespace calibram
