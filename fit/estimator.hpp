// SPDX-License-Identifier: MIT
// One interface for everything that answers "how much memory": rules of thumb, theory, calibration.
#pragma once

#include "src/engine/question.hpp"
#include "src/engine/term.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace calibram {

/// 95 % prediction interval, and the one-sided 99 % bound that decides "fits".
struct Interval {
  Bytes low, high, bound99;
};

/// How far an estimate may be off, as its fit knows: standard deviations in bytes.
struct Spread {
  /// The standard error of each coefficient times what it multiplies; of the constant, its own.
  std::array<double, term_count> terms{};
  double total = 0;  ///< of the predictive distribution: the scatter between models and of a row too
  int degrees = 1;   ///< of its Student t
};

/// What one fit has in an estimate.
struct FittedPart {
  Metric metric = Metric::allocated;
  TermBytes theory;  ///< of all devices
  /// What they are multiplied with; of the constant its bytes, which every device has.
  std::array<double, term_count> coefficients{};
  int devices = 1;
  TermBytes terms;  ///< the products
};

struct Estimate {
  Bytes total;
  std::optional<CacheRoom> room{};       ///< what the total holds, where it is left for a cache
  std::optional<std::int64_t> tokens{};  ///< the answer where the metric counts tokens; they take the total
  TermBytes terms;                       ///< of the total, by class; rules fill those that they know
  std::vector<Bytes> devices;            ///< per device; sums to the total
  bool ends_with_host = false;       ///< the last of the devices is the host, which has what the cards do not
  std::optional<Interval> interval;  ///< absent where the estimator has no error model
  std::optional<Spread> spread{};    ///< what the interval was made of; absent with it
  bool extrapolates = false;         ///< outside the hull of the sweep behind it
  std::string profile;               ///< the profile used; empty for none
  std::string caution;               ///< why the figures deserve doubt; empty for none

  /// In the unit of the metric.
  std::int64_t value() const { return tokens ? *tokens : total.count(); }
};

/// Why an estimator cannot answer a question; a skipped row, never a guess.
struct Unanswered {
  std::string reason;
};

using Answer = std::variant<Estimate, Unanswered>;

/// One question, answered for many workloads. Of one thread.
class PreparedQuestion {
 public:
  virtual ~PreparedQuestion() = default;
  virtual Answer answer(const Workload& workload) = 0;
};

class Estimator {
 public:
  virtual ~Estimator() = default;
  virtual std::string_view name() const = 0;
  virtual Answer answer(const Question& question) const = 0;
  /// False: it answers no workload of the question.
  virtual bool may_answer(const Question&) const { return true; }
  /// The same answers, to the byte. What does not depend on the workload may be found once; here nothing is.
  /// The estimator and the question's model must outlive it.
  virtual std::unique_ptr<PreparedQuestion> prepare(const Question& question) const;

  /// What the answer was made of, fit by fit; empty where nothing was fitted, or for no answer.
  virtual std::vector<FittedPart> fitted_parts(const Question&) const { return {}; }
};

using Estimators = std::vector<std::unique_ptr<Estimator>>;

/// The four rules of thumb and theory, in the order in which tables show them.
Estimators rules_and_theory();

/// @throws InputError for an unknown name, with the known ones
const Estimator& estimator_named(const Estimators& estimators, std::string_view name);

/// Null where there is none of that name.
const Estimator* find_estimator(const Estimators& estimators, std::string_view name);

}  // namespace calibram
