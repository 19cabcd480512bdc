// SPDX-License-Identifier: MIT
// What was asked the other way round, for people and for programs.
#pragma once

#include "bench/calculator/inverse/inverse.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace calibram {

/// Which of the questions are asked the other way round.
struct InverseAsked {
  bool max_context = false, max_batch = false, best_format = false, min_devices = false;

  /// The first of them, as its flag is called; empty for none.
  std::string first() const;
};

/// The answers to what was asked.
struct InverseReport {
  Capacity capacity;
  std::optional<Largest> context, batch;
  std::optional<BestFormat> format;
  std::optional<FewestDevices> devices;

  /// Whether each has one: 1 or more tokens and sequences, a pair of formats, a number of devices.
  bool all_answered() const;
};

/// @throws InputError for a metric of which nothing fits
InverseReport inverse_report(const InverseAsked& asked, const Calculator& calculator,
                             const Question& question, const Capacity& capacity);

/// A line for each answer.
std::string inverse_text(const InverseReport& report);

/// {"max_context": N, …}: what was not asked is not there, what has no answer is null.
nlohmann::ordered_json inverse_json(const InverseReport& report);

}  // namespace calibram
