// SPDX-License-Identifier: MIT
// Reads a size, or looks a card up.
#include "bench/app/flags/capacity.hpp"

#include "bench/app/flags/size_text.hpp"
#include "bench/app/usage.hpp"
#include "src/engine/gpu.hpp"

namespace calibram {

void CapacityFlags::add_to(CLI::App& verb) {
  verb.add_option("--capacity", capacity_, "Say what fits this much memory (24GiB); exit 3 if nothing does");
  verb.add_option("--gpu", gpu_, "The same for a card by its name; \"calibram gpus\" lists them");
}

std::optional<Capacity> CapacityFlags::named(const std::optional<Card>& card) const {
  if (!capacity_.empty() && !gpu_.empty())
    throw exclusive_flags("--capacity", "--gpu", "each names the memory");
  if (!gpu_.empty()) {
    const Gpu& gpu = gpu_named(gpu_);
    return Capacity{std::string{gpu.name}, gpu.capacity(), true};
  }
  if (!capacity_.empty()) {
    const Bytes bytes = parse_size("--capacity", capacity_);
    return Capacity{gib_text(bytes), bytes};
  }
  if (card) return Capacity{card->description.name, card->description.total, true};
  return std::nullopt;
}

}  // namespace calibram
