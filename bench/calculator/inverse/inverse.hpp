// SPDX-License-Identifier: MIT
// Questions the other way round: the most tokens or sequences, the widest formats, the fewest devices that
// fit.
#pragma once

#include "bench/calculator/calculator.hpp"
#include "bench/calculator/varied.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace calibram {

/// A question held against a capacity, or why it cannot be answered.
using Held = std::variant<Fitting, Unanswered>;
Held hold_against(const Calculator& calculator, const Question& question, const Capacity& capacity);

/// Whether it is answered, and the answer fits.
bool fits(const Held& held);

/// What keeps a number from being larger.
enum class Limit : unsigned char {
  memory,     ///< the next one does not fit
  positions,  ///< the model has no more
  search,     ///< no more are looked at
  refused,    ///< the next one cannot be answered
};

/// A number that fits with everything below it.
struct Largest {
  std::int64_t number = 0;  ///< 0: not even 1
  Limit limit = Limit::memory;
  std::optional<Fitting> fitting;  ///< of the number
  std::optional<Fitting> beyond;   ///< of the next one, where memory is the limit
  std::string refusal;             ///< of the next one, where it cannot be answered
};

/// Where no model ends a context, and no batch is larger.
inline constexpr std::int64_t most_context_tokens = 1 << 24;
inline constexpr std::int64_t most_sequences = 1 << 20;

/// The largest n such that every context, or batch, from 1 to n fits as Calculator::fits says.
/// @throws InputError for a metric of which nothing fits: one that is left over, not taken
Largest max_context(const Calculator& calculator, const Question& question, const Capacity& capacity);
Largest max_batch(const Calculator& calculator, const Question& question, const Capacity& capacity);

/// One number of devices, and what came of it.
struct DevicesTried {
  int devices = 1;
  Split split = Split::none;
  Held held;
};

struct FewestDevices {
  std::optional<DevicesTried> fewest;  ///< nothing: no number of them that is looked at
  std::vector<DevicesTried> tried;     ///< all that were asked before it, fewest first
};

inline constexpr int most_devices = 64;

/// The fewest devices of this capacity each on which the question fits, split as it asks; where it does not,
/// by layers if the runtime can, else by tensors. Devices that the question names do not count.
FewestDevices min_devices(const Calculator& calculator, const Question& question, const Capacity& capacity);

/// Formats of weights and KV cache with which the question was answered.
struct FormatChoice {
  const Format* weights = nullptr;
  const Format* kv = nullptr;
  Fitting fitting;
};

struct BestFormat {
  std::optional<FormatChoice> best;
  std::optional<FormatChoice> smallest;  ///< what needs least, where nothing fits
  std::string stored;                    ///< the format of the model's own weights; empty for a bare size
  bool exceeds_stored = false;           ///< the best is wider than that, which adds bytes and no detail
  std::string refusal;                   ///< where not one pair of formats is answered, why the last was not
};

/// The widest formats that fit: more bits of the weights first, then of the cache. Of as many bits (as the
/// rules of thumb count them) the model's own comes first, then the question's, then what takes more bytes,
/// which are finer scales, then the order of `calibram formats`. The formats live as long as the question's
/// model.
BestFormat best_format(const Calculator& calculator, const Question& question, const Capacity& capacity);

}  // namespace calibram
