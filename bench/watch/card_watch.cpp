// SPDX-License-Identifier: MIT
// Sums what NVML says of the processes of a tree; inside a container, whose processes NVML knows by other
// numbers, takes the growth of the whole card instead.
#include "bench/watch/card_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {

CardWatch::CardWatch(const Nvml& nvml) : driver_{nvml.driver_version()} {
  for (NvmlDevice& device : nvml.devices()) {
    const auto memory = device.memory();
    cards_.push_back(
        {std::move(device), memory ? std::optional{memory->used} : std::nullopt, {}, {}, false, {}});
  }
}

void CardWatch::look(const std::vector<pid_t>& tree) {
  for (Watched& card : cards_) look_at(card, tree);
}

void CardWatch::look_at(Watched& card, const std::vector<pid_t>& tree) {
  if (const auto memory = card.device.memory(); memory && card.used_before)
    card.of_card = std::max(card.of_card, memory->used - *card.used_before);
  const auto processes = card.device.processes();
  if (!processes) return;
  Bytes sum;
  for (const NvmlProcess& process : *processes) {
    const auto pid = static_cast<pid_t>(process.pid);
    if (!process.used || std::find(tree.begin(), tree.end(), pid) == tree.end()) continue;
    card.has_seen_tree = true;
    card.processes.insert(pid);
    sum += *process.used;
  }
  card.of_tree = std::max(card.of_tree, sum);
}

std::vector<CardPeak> CardWatch::peaks(int milliseconds) const {
  std::vector<CardPeak> peaks;
  for (const Watched& card : cards_) {
    CardPeak peak{card.device.name().value_or("unknown card"), card.device.uuid().value_or(""), {}, ""};
    std::optional<Bytes> accounted;  // of one process: of several, the times of their peaks are unknown
    if (card.processes.size() == 1)
      accounted = card.device.accounted_peak(static_cast<unsigned>(*card.processes.begin()));
    if (accounted && *accounted >= card.of_tree) {
      peak.peak = *accounted;
      peak.counter = "NVML accounting mode, maximum of the process";
    } else if (card.has_seen_tree) {
      peak.peak = card.of_tree;
      peak.counter = fmt::format("NVML running processes of the command, polled every {} ms", milliseconds);
    } else {
      peak.peak = card.of_card;
      peak.counter =
          fmt::format("NVML used of the whole card above its start, polled every {} ms", milliseconds);
    }
    // A card that nobody grew on was not used.
    if (peak.peak > Bytes{}) peaks.push_back(std::move(peak));
  }
  return peaks;
}

}  // namespace calibram
