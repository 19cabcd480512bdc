// SPDX-License-Identifier: MIT
// The four published rules of thumb, as estimators: what calibration is compared with.
#pragma once

#include "fit/estimator.hpp"

namespace calibram {

/// `rule-1.2`, `rule-per-token`, `rule-kv`, `rule-terms`. Each reproduces its publication's arithmetic,
/// units and constants included; its slips are noted where they are, not repeated.
Estimators seed_rules();

/// Whether `rule-per-token` takes a token of its second size class, which was measured over three cards.
bool is_of_large_tokens(const Question& question);

/// Whether it takes the weights that were published for 72B in 16 bits, not the parameters times bits.
bool is_of_published_weights(const Question& question);

/// The tokens that it multiplies, of all sequences.
std::int64_t measured_tokens(const Question& question);

}  // namespace calibram
