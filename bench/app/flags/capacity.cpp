// SPDX-License-Identifier: MIT
// Reads sizes, and looks cards up.
#include "bench/app/flags/capacity.hpp"

#include "bench/app/flags/size_text.hpp"
#include "bench/calculator/cards.hpp"
#include "src/core/error.hpp"

namespace calibram {

void CapacityFlags::add_to(CLI::App& verb) {
  verb.add_option("--gpu", gpus_,
                  "Say what fits this card (\"RTX 4090\"; see \"calibram gpus\"); exit 3 if nothing does; "
                  "repeatable")
      ->allow_extra_args(false);
  verb.add_option("--capacity", capacities_,
                  "The same for this much memory (24GiB), all of it for the answer; repeatable")
      ->allow_extra_args(false);
}

std::vector<Capacity> CapacityFlags::named(const std::optional<Card>& card) const {
  return named_capacities(gpus_, capacities_, card);
}

std::vector<Capacity> named_capacities(const std::vector<std::string>& gpus,
                                       const std::vector<std::string>& capacities,
                                       const std::optional<Card>& card) {
  std::vector<Capacity> named;
  for (const std::string& name : gpus) named.push_back(capacity_of(gpu_named(name)));
  for (const std::string& text : capacities) {
    const Bytes bytes = parse_size("--capacity", text);
    named.push_back({gib_text(bytes), bytes});
  }
  if (named.empty() && card) named.push_back({card->description.name, card->description.total, true});
  return named;
}

std::optional<Capacity> only_capacity(const std::vector<Capacity>& named) {
  if (named.size() > 1)
    throw InputError{"several capacities are named", "this is answered for one at a time",
                     "name one --gpu or --capacity"};
  return named.empty() ? std::nullopt : std::optional{named.front()};
}

}  // namespace calibram
