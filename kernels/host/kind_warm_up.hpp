// SPDX-License-Identifier: MIT
// The part of the warm-up that is for layers beyond dense ones.
#pragma once

namespace calibram {

class HostOps;

/// Runs every operation of experts, latent attention, recurrences and alternating updates once.
void try_kinds(HostOps& ops);

}  // namespace calibram
