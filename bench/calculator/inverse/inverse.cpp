// SPDX-License-Identifier: MIT
// The most tokens and the most sequences that fit, each with everything below it.
#include "bench/calculator/inverse/inverse.hpp"

#include "bench/calculator/inverse/largest.hpp"
#include "bench/calculator/inverse/monotone.hpp"
#include "src/core/error.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace calibram {
namespace {

void require_taken(Metric metric) {
  if (is_composed(metric))
    throw InputError{fmt::format("nothing is the most that fits by the metric {}", name_of(metric)),
                     "it is what is left, not what is taken", "ask for the metric device or allocated"};
}

Held held_of(const Asked& asked, Metric metric, const Capacity& capacity) {
  if (const Estimate* estimate = asked.estimate()) return fit_into(*estimate, metric, capacity);
  return std::get<Unanswered>(asked.answer);
}

using With = Workload (*)(Workload, std::int64_t);

/// One question with many numbers, one of its thread.
class Asking {
 public:
  Asking(const Calculator& calculator, const Question& question, const Capacity& capacity, With with)
      : question_{question}, capacity_{capacity}, with_{with} {
    try {
      prepared_.emplace(calculator.prepare(question));
    } catch (const InputError& error) {
      refusal_ = error.what();
    }
  }

  Held held(std::int64_t number) {
    if (!prepared_) return Unanswered{refusal_};
    try {
      return held_of(prepared_->ask(with_(question_.workload, number)), question_.metric, capacity_);
    } catch (const InputError& error) {
      return Unanswered{error.what()};
    }
  }

 private:
  const Question& question_;
  const Capacity& capacity_;
  With with_;
  std::optional<PreparedAsk> prepared_;
  std::string refusal_;  ///< where it cannot be asked at all
};

/// What a search asks of a question.
struct Numbers {
  const Calculator& calculator;
  const Question& question;
  const Capacity& capacity;
  With with;

  Asking asking() const { return {calculator, question, capacity, with}; }

  Holds holds() const {
    return [asking = std::make_shared<Asking>(calculator, question, capacity, with)](std::int64_t number) {
      return fits(asking->held(number));
    };
  }

  /// Empty where there is no ceiling.
  Holds ceiling_fits() const {
    const std::shared_ptr<AllocatedCeiling> ceiling = ceiling_of(calculator, question);
    if (!ceiling) return {};
    return [ceiling, *this](std::int64_t number) {
      try {
        Estimate most;
        most.devices = ceiling->devices(with(question.workload, number));
        for (const Bytes device : most.devices) most.total += device;
        return fit_into(most, question.metric, capacity).fits();
      } catch (const InputError&) {
        return false;
      }
    };
  }
};

/// @param at_limit  what ends the numbers there
Largest largest_of(const Numbers& numbers, std::int64_t limit, Limit at_limit) {
  require_taken(numbers.question.metric);
  Largest largest;
  largest.number =
      largest_holding({limit, [&] { return numbers.holds(); },
                       never_shrinks_from(numbers.calculator, numbers.question), numbers.ceiling_fits()});
  Asking asking = numbers.asking();
  if (largest.number > 0) largest.fitting = std::get<Fitting>(asking.held(largest.number));
  if (largest.number == limit) {
    largest.limit = at_limit;
    return largest;
  }
  const Held next = asking.held(largest.number + 1);
  if (const auto* refused = std::get_if<Unanswered>(&next)) {
    largest.limit = Limit::refused;
    largest.refusal = refused->reason;
  } else {
    largest.beyond = std::get<Fitting>(next);
  }
  return largest;
}

}  // namespace

Held hold_against(const Calculator& calculator, const Question& question, const Capacity& capacity) {
  try {
    return held_of(calculator.ask(question), question.metric, capacity);
  } catch (const InputError& error) {
    return Unanswered{error.what()};
  }
}

bool fits(const Held& held) {
  const auto* fitting = std::get_if<Fitting>(&held);
  return fitting && fitting->fits();
}

Largest max_context(const Calculator& calculator, const Question& question, const Capacity& capacity) {
  const std::int64_t positions = question.model ? question.model->max_positions : 0;
  const bool ends = positions > 0 && positions <= most_context_tokens;
  return largest_of({calculator, question, capacity, with_context}, ends ? positions : most_context_tokens,
                    ends ? Limit::positions : Limit::search);
}

Largest max_batch(const Calculator& calculator, const Question& question, const Capacity& capacity) {
  return largest_of({calculator, question, capacity, with_batch}, most_sequences, Limit::search);
}

}  // namespace calibram
