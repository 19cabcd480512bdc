// SPDX-License-Identifier: MIT
// Layers on the host, and layers or tensors on further cards.
#include "bench/calculator/advice/remedies/groups.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

/// The n first layers on the host, from `fewest` to `most`; what follows on a card is the others and the
/// head.
Remedy layers_on_host(std::int64_t layers, std::int64_t fewest, std::int64_t most, int steps) {
  return {.name = {},
          .cost = CostClass::offload,
          .apply =
              [layers, fewest](Question& changed, std::int64_t setting) {
                changed.options["backend"] = "cuda";
                changed.options["ngl"] = fmt::format("{}", layers + 1 - (fewest + setting - 1));
              },
          .steps = steps,
          .settings = most - fewest + 1,
          .named =
              [layers, fewest](std::int64_t setting) {
                return fmt::format("{} of {} layers on the host", fewest + setting - 1, layers);
              },
          .series = "layers on the host"};
}

/// Every quarter of the model on the host costs again: a token's time goes by what the host must read for it.
void add_layers_on_host(std::int64_t layers, std::int64_t fewest, RemedyGroup& group) {
  constexpr int quarters = 4;
  for (int quarter = 1; quarter <= quarters; ++quarter) {
    const std::int64_t most = layers * quarter / quarters;
    if (most < fewest) continue;
    group.choices.push_back(layers_on_host(layers, fewest, most, quarter));
    fewest = most + 1;
  }
}

Remedy cards(int devices, Split split) {
  const bool by_tensor = split == Split::tensor;
  return {.name = fmt::format("{} cards, {}", devices,
                              by_tensor ? "each with a part of every layer" : "each with some layers"),
          .cost = CostClass::more_cards,
          .apply =
              [devices, split](Question& changed, std::int64_t) {
                changed.devices = devices;
                changed.split = split;
                if (family_of(changed.runtime) == "llama.cpp") changed.options["backend"] = "cuda";
              },
          .steps = devices - 1,
          .series = by_tensor ? "cards by tensor" : "cards by layers"};
}

/// Ways of this runtime to share a model, the faster one first.
std::vector<Split> splits_of(const Question& question) {
  const std::string_view family = family_of(question.runtime);
  if (family == "vllm") return {Split::tensor, Split::layers};
  if (family == "transformers" || family == "llama.cpp") return {Split::layers};
  return {};
}

}  // namespace

RemedyGroup offloading(const Question& question) {
  RemedyGroup group{"offloading", {}};
  if (family_of(question.runtime) != "llama.cpp") {
    group.absence = family_of(question.runtime) == "calibram" ? "its pass runs on one device"
                                                              : "what this runtime then keeps is not known";
    return group;
  }
  const auto settings = std::get<LlamaCppSettings>(runtime_of(question).settings);
  const std::int64_t layers = layer_count(*question.model);
  const std::int64_t on_card =
      settings.is_cuda ? std::min(settings.n_gpu_layers.value_or(layers + 1), layers + 1) : layers + 1;
  if (!settings.is_cuda)
    group.choices.push_back(option_remedy("all layers on the card, the embedding on the host",
                                          CostClass::free, "backend", "cuda"));
  add_layers_on_host(layers, layers + 2 - on_card, group);
  if (group.choices.empty()) group.absence = "all layers are on the host already";
  return group;
}

RemedyGroup further_cards(const Question& question, int most_devices) {
  RemedyGroup group{"more cards", {}};
  const std::vector<Split> splits = splits_of(question);
  for (const Split split : splits)
    for (int devices = question.devices + 1; devices <= most_devices; ++devices)
      group.choices.push_back(cards(devices, split));
  if (splits.empty())
    group.absence = "this runtime runs on one device";
  else if (group.choices.empty())
    group.absence = fmt::format("{} is as many as may be taken (--max-devices)", most_devices);
  return group;
}

}  // namespace calibram
