// SPDX-License-Identifier: MIT
// What may be changed about a question whose answer does not fit: each remedy, what it does and what it
// costs.
#pragma once

#include "bench/calculator/advice/cost.hpp"
#include "src/engine/question.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// One way to change a question. Some have settings, 1 to `settings`, of which a higher one needs less
/// memory: how many layers go to the host, say. The least setting that fits is the one that is wanted.
struct Remedy {
  std::string name;  ///< for people; with settings, the name of setting n is named(n)
  CostClass cost = CostClass::free;
  std::function<void(Question&, std::int64_t setting)> apply;
  int steps = 1;  ///< how often its cost counts: further cards, quarters of the model on the host
  std::int64_t settings = 1;
  std::function<std::string(std::int64_t setting)> named = {};
  /// Remedies that differ in degree, from least to most: lists for people show the least that fits.
  std::string_view series = {};
};

/// Remedies that exclude each other.
struct RemedyGroup {
  std::string_view kind;        ///< "weight format"
  std::vector<Remedy> choices;  ///< the better ones first
  std::string absence = {};     ///< why there are none: what holds already, or that it is not known
};

/// How far remedies may go.
struct RemedyLimits {
  int most_devices = 8;  ///< of a server's usual number
  bool keep_formats = false, keep_batch = false, keep_context = false, keep_engine = false,
       keep_on_card = false;
};

/// All remedies under the question's own runtime. @throws InputError for an unknown runtime or option
std::vector<RemedyGroup> remedies_for(const Question& question, const RemedyLimits& limits);

/// The name of a remedy's setting.
std::string name_of(const Remedy& remedy, std::int64_t setting);

/// Another engine for the same question, its options left at their defaults.
struct OtherEngine {
  std::string runtime;
  Question question;
};

/// The newest known version of every other engine that people serve models with. @throws InputError never
std::vector<OtherEngine> other_engines(const Question& question);

}  // namespace calibram
