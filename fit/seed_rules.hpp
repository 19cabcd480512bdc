// SPDX-License-Identifier: MIT
// The four published rules of thumb, as estimators: what calibration is compared with.
#pragma once

#include "fit/estimator.hpp"

namespace calibram {

/// `rule-1.2`, `rule-per-token`, `rule-kv`, `rule-terms`. Each reproduces its publication's arithmetic,
/// units and constants included; its slips are noted where they are, not repeated.
Estimators seed_rules();

}  // namespace calibram
