// SPDX-License-Identifier: MIT
// A memory snapshot of PyTorch: torch.cuda.memory._dump_snapshot().
#pragma once

#include "bench/import/reading.hpp"
#include "src/core/byte_reader.hpp"

namespace calibram {

/// The peaks that the snapshot's trace shows, or the state at the dump where it has none.
/// @throws InputError for what is no snapshot
Reading read_snapshot(ByteReader& reader);

}  // namespace calibram
