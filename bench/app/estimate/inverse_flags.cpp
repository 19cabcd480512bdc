// SPDX-License-Identifier: MIT
// Asks the calculator what was asked, of the memory that was named or that is here.
#include "bench/app/estimate/inverse_flags.hpp"

#include "bench/sweep/card.hpp"
#include "src/core/error.hpp"

#include <iostream>

namespace calibram {
namespace {

/// The first card of this machine. @param flag  that needs it
Capacity local_capacity(const std::string& flag) {
  const Cards cards = find_cards(cuda_program(), Nvml{});
  if (cards.cards.empty())
    throw InputError{flag + " needs a capacity", "this machine has no card: " + cards.absence,
                     "name a --gpu, or a --capacity such as 24GiB"};
  const auto& card = cards.cards.front().description;
  return {card.name, card.total, true};
}

}  // namespace

void InverseFlags::add_to(CLI::App& verb) {
  verb.add_flag(
      "--max-context", context_,
      "The most tokens of a sequence, so that they and all fewer fit; --generate of them are generated");
  verb.add_flag("--max-batch", batch_, "The most sequences at once, so that they and all fewer fit");
  verb.add_flag("--best-format", format_, "The widest formats of weights, then of the KV cache, that fit");
  verb.add_flag("--min-devices", devices_, "The fewest devices of that capacity each that hold it");
}

std::string InverseFlags::first_given() const {
  if (context_) return "--max-context";
  if (batch_) return "--max-batch";
  if (format_) return "--best-format";
  return devices_ ? "--min-devices" : "";
}

std::optional<InverseReport> InverseFlags::answers(const Calculator& calculator, const Question& question,
                                                   const std::vector<Capacity>& named) const {
  const std::string flag = first_given();
  if (flag.empty()) return std::nullopt;
  if (named.size() > 1)
    throw InputError{flag + " needs one capacity", "several are named", "name one --gpu or --capacity"};
  if ((context_ || batch_) && question.metric == Metric::reserved)
    std::cerr
        << "note: an allocator is simulated for every number up to the answer, which may take minutes\n";
  InverseReport report{named.empty() ? local_capacity(flag) : named.front(), {}, {}, {}, {}};
  if (context_) report.context = max_context(calculator, question, report.capacity);
  if (batch_) report.batch = max_batch(calculator, question, report.capacity);
  if (format_) report.format = best_format(calculator, question, report.capacity);
  if (devices_) report.devices = min_devices(calculator, question, report.capacity);
  return report;
}

}  // namespace calibram
