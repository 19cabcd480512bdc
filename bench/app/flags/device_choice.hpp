// SPDX-License-Identifier: MIT
// The flag --device where it means a device of this machine: auto, host or cuda[:N].
#pragma once

#include "bench/sweep/card.hpp"
#include "src/engine/measurement.hpp"

#include <functional>
#include <optional>
#include <string>

namespace calibram {

enum class DeviceKind : unsigned char { automatic, host, card };

struct DeviceChoice {
  DeviceKind kind = DeviceKind::automatic;
  std::optional<int> index;  ///< CUDA's, of a card; absent: the first
};

/// @throws InputError for anything but auto, host, cuda and cuda:N
DeviceChoice parse_device(const std::string& text);

/// "cuda:1".
std::string device_name(const Card& card);

/// Why a card that is there cannot be measured; empty where it can.
std::string why_unmeasurable(const Card& card);

/// The card that was asked for. @param flag  as it was given. @param remedy  where there is no card at all
/// @throws InputError naming the cards that are there, or why there are none
Card chosen_card(const DeviceChoice& choice, const std::string& flag, const Cards& cards,
                 const std::string& remedy);

/// The device that a question names.
struct ResolvedDevice {
  std::string name;          ///< as rows have it; empty for none
  std::optional<Card> card;  ///< of this machine, where it is one

  std::string driver() const { return card ? card->driver : ""; }
};

/// --device of a question, where it may mean a device of this machine.
/// @param cards  finds those of this machine; asked for `cuda[:N]` alone, since looking takes time
/// @throws InputError as chosen_card
ResolvedDevice resolve_device(const std::string& device, const std::function<Cards()>& cards);

/// The same for a row, whose device becomes the name. @return the card, if it is one
std::optional<Card> resolve_device(Measurement& row);

}  // namespace calibram
