// SPDX-License-Identifier: MIT
// Reads --device and finds the card that it names.
#include "bench/app/flags/device_choice.hpp"

#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <limits>
#include <vector>

namespace calibram {
namespace {

/// "cuda:0 (NVIDIA H200), cuda:1 (Tesla T4)".
std::string list_of(const std::vector<Card>& cards) {
  std::vector<std::string> words;
  for (const Card& card : cards)
    words.push_back(fmt::format("{} ({})", device_name(card), card.description.name));
  return joined(std::vector<std::string_view>{words.begin(), words.end()});
}

}  // namespace

DeviceChoice parse_device(const std::string& text) {
  if (text == "auto") return {DeviceKind::automatic, {}};
  if (text == "host") return {DeviceKind::host, {}};
  if (text == "cuda") return {DeviceKind::card, {}};
  const std::string prefix = "cuda:";
  if (!text.starts_with(prefix))
    throw InputError{"unknown --device " + in_quotes(text), "", "the known ones are auto, host, cuda[:N]"};
  const auto index = parse_integer(text.substr(prefix.size()));
  if (!index || *index < 0 || *index > std::numeric_limits<int>::max() || text[prefix.size()] == '-')
    throw InputError{"invalid --device " + in_quotes(text), "after cuda: comes a card's number, 0 or more",
                     "run \"calibram devices\" for those of this machine"};
  return {DeviceKind::card, static_cast<int>(*index)};
}

std::string device_name(const Card& card) { return fmt::format("cuda:{}", card.description.index); }

std::string why_unmeasurable(const Card& card) {
  return card.description.is_integrated ? "it has no memory of its own but shares the host's" : "";
}

Card chosen_card(const DeviceChoice& choice, const std::string& flag, const Cards& cards,
                 const std::string& remedy) {
  if (cards.cards.empty())
    throw InputError{"there is no card for --device " + in_quotes(flag), cards.absence, remedy};
  for (const Card& card : cards.cards)
    if (!choice.index || card.description.index == *choice.index) return card;
  throw InputError{"there is no card for --device " + in_quotes(flag),
                   "this machine has " + list_of(cards.cards), "name one of them"};
}

ResolvedDevice resolve_device(const std::string& device, const std::function<Cards()>& cards) {
  if (device == "host") return {describe_host().name, {}};
  if (device == "auto") return {};
  if (device != "cuda" && !device.starts_with("cuda:")) return {device, {}};
  const Card card =
      chosen_card(parse_device(device), device, cards(), "name the card itself, and its --capacity");
  return {card.description.name, card};
}

std::optional<Card> resolve_device(Measurement& row) {
  ResolvedDevice resolved =
      resolve_device(row.device.str(), [] { return find_cards(cuda_program(), Nvml{}); });
  row.device = resolved.name;
  return resolved.card;
}

}  // namespace calibram
