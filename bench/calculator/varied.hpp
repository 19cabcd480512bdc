// SPDX-License-Identifier: MIT
// The same question with other tokens or other sequences.
#pragma once

#include "src/engine/question.hpp"

#include <cstdint>

namespace calibram {

/// Sequences of this many tokens. What was asked for tells how they divide: as many as before are generated,
/// as long as the prompt keeps one, and the prompt has the others; where a context was given it is what
/// changes, and prompt and generated tokens shrink only as far as they must.
Workload with_context(Workload workload, std::int64_t tokens);

Workload with_batch(Workload workload, std::int64_t sequences);

Question with_context(Question question, std::int64_t tokens);
Question with_batch(Question question, std::int64_t sequences);

}  // namespace calibram
