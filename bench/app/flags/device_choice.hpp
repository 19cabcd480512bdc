// SPDX-License-Identifier: MIT
// The flag --device where it means a device of this machine: auto, host or cuda[:N].
#pragma once

#include "bench/sweep/card.hpp"
#include "src/engine/measurement.hpp"

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

/// --device of a question, where it means a device of this machine, put into the row under its name. Only
/// `cuda[:N]` costs the time to look for cards. @return the card, if it is one
std::optional<Card> resolve_device(Measurement& row);

}  // namespace calibram
