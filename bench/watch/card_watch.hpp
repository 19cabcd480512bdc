// SPDX-License-Identifier: MIT
// What a command and its processes hold on the machine's cards, as NVML tells it.
#pragma once

#include "kernels/nvml/nvml.hpp"
#include "src/core/bytes.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

namespace calibram {

/// The peak on one card.
struct CardPeak {
  std::string name, uuid;
  Bytes peak;
  std::string counter;
};

/// Asks each card again and again: NVML keeps no high-water mark of running processes. Where the driver keeps
/// one of those that ended (accounting mode), the larger counts.
class CardWatch {
 public:
  explicit CardWatch(const Nvml& nvml);

  bool has_cards() const noexcept { return !cards_.empty(); }
  const std::string& driver() const noexcept { return driver_; }

  /// Looks once. @param tree  the processes whose memory is meant
  void look(const std::vector<pid_t>& tree);

  /// What was seen on the cards that these processes used. @param milliseconds  the interval of the looks
  std::vector<CardPeak> peaks(int milliseconds) const;

 private:
  struct Watched {
    NvmlDevice device;
    std::optional<Bytes> used_before;  ///< on the whole card
    Bytes of_tree, of_card;            ///< peaks; the card's is the growth since the beginning
    bool has_seen_tree = false;
    std::set<pid_t> processes;  ///< of the tree, that used the card
  };

  void look_at(Watched& card, const std::vector<pid_t>& tree);

  std::string driver_;
  std::vector<Watched> cards_;
};

}  // namespace calibram
