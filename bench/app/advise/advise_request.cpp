// SPDX-License-Identifier: MIT
// Finds what advice is about.
#include "bench/app/advise/advise_request.hpp"

#include "src/core/error.hpp"
#include "src/engine/gpu.hpp"

namespace calibram {

Capacity advised_capacity(const std::optional<Capacity>& named, QuestionWords& words) {
  if (!named)
    throw InputError{
        "no card is named", "advice is about what fits it",
        "add --gpu 4090 (see \"calibram gpus\"), --capacity 24GiB, or --device cuda for this machine's"};
  if (named->is_card && words.device.empty() && find_gpu(named->gpu)) words.device = named->gpu;
  return *named;
}

}  // namespace calibram
