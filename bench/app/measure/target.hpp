// SPDX-License-Identifier: MIT
// What a sweep measures: the memory of this host or of a card, with the plan and the process for it.
#pragma once

#include "bench/app/flags/device_choice.hpp"
#include "bench/sweep/sweep.hpp"
#include "fit/profile.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace calibram {

struct Target {
  ProfileDevice device;
  Provenance provenance;
  Metric metric = Metric::rss;  ///< what the driver's or kernel's counter of it counts
  std::string title;            ///< the device in words: "NVIDIA H200 (cuda:0)"
  std::string note;             ///< what a person should know of the choice; may be empty
  int parallel = 1;             ///< children at a time
  Bytes child_overhead = SweepOptions{}.child_overhead;
  std::function<std::vector<Point>(PlanSize)> plan;
  PointRunner run_point;
  /// What the sweep may take. @param flag  --budget as given; empty: the default
  std::function<Bytes(const std::string& flag)> budget;
  std::optional<CardLock> lock;  ///< of a card
};

/// This machine's memory, measured by children of this program.
Target host_target();

/// Finds what --device names; a card is locked from here on. `auto` takes the first card that can be
/// measured, else the host, and its note says why not a card.
/// @throws InputError for a flag that names nothing here, Error when another calibration measures the card
Target find_target(const std::string& flag);

/// What is left of free memory after the larger of 1 GiB and 5 %, which CUDA may not be able to hand out and
/// others may come to need; 0 where nothing is.
Bytes default_card_budget(Bytes free);

/// @param flag  --budget as given; empty: the default. @param free  absent where nothing tells it
/// @throws InputError when more than the free memory is asked for, or the default is unknown
Bytes card_budget(const std::string& flag, std::optional<Bytes> free, const Card& card);

}  // namespace calibram
