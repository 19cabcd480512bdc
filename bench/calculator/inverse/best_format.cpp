// SPDX-License-Identifier: MIT
// Orders the formats of weights and KV cache from wide to narrow, and takes the first pair that fits.
#include "bench/calculator/inverse/inverse.hpp"
#include "src/model/stored_tensor.hpp"
#include "src/model/weight_bytes.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace calibram {
namespace {

/// A format and what it is ordered by: the largest first.
struct Ranked {
  const Format* format;
  double bits;
  bool is_own;
  bool is_asked;
  std::int64_t bytes;

  auto rank() const { return std::tuple{bits, is_own, is_asked, bytes}; }
};

std::vector<Ranked> widest_first(std::vector<Ranked> ranked) {
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Ranked& a, const Ranked& b) { return a.rank() > b.rank(); });
  return ranked;
}

bool holds_files(const Question& question) { return question.model && question.model->stored; }

/// The format of the model's own weights; null for a bare size.
const Format* own_weights(const Question& question) {
  if (!question.model) return nullptr;
  if (holds_files(question)) return &weight_format("as-stored");
  return &weight_format("as-stored", *question.model);
}

/// As the rules of thumb count them; of files that mix types, what they hold on average.
double weight_bits(const Question& question, const Format& format) {
  if (!is_as_stored(format) || !holds_files(question)) return format.nominal_bits;
  return 8 * static_cast<double>(total_bytes(*question.model->stored).count()) / question.parameters;
}

std::int64_t bytes_of(const Question& question, const Format& format) {
  if (is_as_stored(format) && holds_files(question)) return total_bytes(*question.model->stored).count();
  return question.model && format.has_exact_bytes ? weight_bytes(*question.model, format).count() : 0;
}

std::vector<Ranked> ranked_weights(const Question& question) {
  const Format* own = own_weights(question);
  std::vector<Ranked> ranked;
  const auto add = [&](const Format& format) {
    ranked.push_back({&format, weight_bits(question, format), &format == own, &format == question.weights,
                      bytes_of(question, format)});
  };
  for (const Format& format : formats())
    if (!is_as_stored(format) || holds_files(question)) add(format);
  if (question.model && question.model->quantisation) add(*question.model->quantisation);
  return widest_first(std::move(ranked));
}

/// A bare size has no cache whose format would matter.
std::vector<Ranked> ranked_caches(const Question& question) {
  constexpr std::int64_t common_head = 128;
  if (!question.model) return {{question.kv, 0, true, true, 0}};
  const std::string_view own = question.model->stored_format;
  std::vector<Ranked> ranked;
  for (const Format& format : formats())
    if (format.kv)
      ranked.push_back({&format, format.nominal_bits, format.name == own, &format == question.kv,
                        kv_head_bytes(format, common_head).count()});
  return widest_first(std::move(ranked));
}

/// Every pair, the widest first, until one fits.
struct Choosing {
  const Calculator& calculator;
  const Capacity& capacity;
  Question question;
  BestFormat result{};

  /// Whether it fits.
  bool try_pair(const Format* weights, const Format* kv) {
    question.weights = weights;
    question.kv = kv;
    const Held held = hold_against(calculator, question, capacity);
    if (const auto* refused = std::get_if<Unanswered>(&held)) {
      result.refusal = refused->reason;
      return false;
    }
    const FormatChoice choice{weights, kv, std::get<Fitting>(held)};
    if (choice.fitting.fits()) {
      result.best = choice;
      return true;
    }
    if (!result.smallest || choice.fitting.needed < result.smallest->fitting.needed) result.smallest = choice;
    return false;
  }

  void run() {
    const std::vector<Ranked> caches = ranked_caches(question);
    for (const Ranked& weights : ranked_weights(question))
      for (const Ranked& kv : caches)
        if (try_pair(weights.format, kv.format)) return;
  }
};

}  // namespace

BestFormat best_format(const Calculator& calculator, const Question& question, const Capacity& capacity) {
  Choosing choosing{calculator, capacity, question};
  choosing.run();
  BestFormat result = std::move(choosing.result);
  if (result.best) result.smallest.reset();
  if (result.best || result.smallest) result.refusal.clear();
  const Format* own = own_weights(question);
  if (!own) return result;
  result.stored = own->name;
  result.exceeds_stored =
      result.best && weight_bits(question, *result.best->weights) > weight_bits(question, *own);
  return result;
}

}  // namespace calibram
