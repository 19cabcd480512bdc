// SPDX-License-Identifier: MIT
// Collects what a start prints.
#include "bench/import/vllm/start.hpp"

#include "src/core/number.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

/// What a name stands for without its unit: "weights_gib" is weights in GiB.
struct Printout {
  std::string_view name, unit;
};
Printout printout(std::string_view group) {
  constexpr std::string_view gib = "_gib";
  if (group.ends_with(gib)) return {group.substr(0, group.size() - gib.size()), "GiB"};
  return {group, "tokens"};
}

bool is_same_number(std::string_view a, std::string_view b) {
  const auto x = parse_number(a), y = parse_number(b);
  return x && y && *x == *y;
}

}  // namespace

void VllmStart::see_line(std::int64_t line) {
  if (first_line_ == 0) first_line_ = line;
  last_line_ = line;
}

void VllmStart::set(std::string_view name, std::string_view text) {
  if (text.empty() || text == "None" || text == "auto") return;
  const auto [there, is_new] = settings_.emplace(name, text);
  if (!is_new && there->second != text && !is_same_number(there->second, text))
    add_remark(remarks_, fmt::format("{} is {} and later {}: the first is taken", name,
                                     in_quotes(there->second), in_quotes(text)));
}

void VllmStart::replace(std::string_view name, std::string_view text) {
  if (text.empty() || text == "None")
    settings_.erase(std::string{name});
  else
    settings_.insert_or_assign(std::string{name}, std::string{text});
}

void VllmStart::measure(std::string_view group, std::string_view text, const std::string& rank) {
  const auto [name, unit] = printout(group);
  const std::optional<Quantity> quantity = parse_quantity(text, unit);
  if (!quantity) {
    add_remark(remarks_,
               fmt::format("{} is {}, which is no number of {} that fits", name, in_quotes(text), unit));
    return;
  }
  auto& ranks = numbers_[std::string{name}];
  if (ranks.size() >= most_parts) return;
  const auto [there, is_new] = ranks.emplace(rank, *quantity);
  if (is_new) return;
  if (!agree(there->second, *quantity))
    add_remark(remarks_, fmt::format("{} is printed twice, {} and {} bytes: the {} is taken", name,
                                     there->second.value, quantity->value,
                                     quantity->resolution < there->second.resolution ? "second" : "first"));
  if (quantity->resolution < there->second.resolution) there->second = *quantity;
}

void VllmStart::run_out_of_memory(std::string_view message) {
  if (is_ready_)
    add_remark(remarks_,
               "it ran out of memory after the start, under a load that the log does not tell: no row");
  else if (out_of_memory_.empty())
    out_of_memory_ = message;
}

void VllmStart::refuse(std::string_view message) {
  add_remark(remarks_, "the engine refused to start: " + printable(message));
}

// v1/worker/gpu_worker.py, determine_available_memory. Where CUDA graphs are taken off too, it is less.
void VllmStart::complete() {
  if (!setting("graphs_are_taken_off").empty()) return;
  const auto requested = numbers_.find("requested"), taken = numbers_.find("taken");
  if (requested == numbers_.end() || taken == numbers_.end()) return;
  for (const auto& [rank, bytes] : requested->second) {
    const auto used = taken->second.find(rank);
    if (used == taken->second.end()) continue;
    if (numbers_["kv_available"].emplace(rank, bytes - used->second).second)
      add_remark(remarks_, "kv_available of some processes is what they requested less what they took");
  }
}

std::string VllmStart::setting(std::string_view name) const {
  const auto found = settings_.find(name);
  return found == settings_.end() ? std::string{} : found->second;
}

std::optional<std::int64_t> VllmStart::count(std::string_view name) const {
  std::string text = setting(name);
  std::erase(text, ',');
  const std::optional<std::int64_t> number = parse_integer(text);
  return number && *number >= 1 ? number : std::nullopt;
}

/// Of whichever process: of settings that all have, the memory of the card say.
std::optional<Quantity> VllmStart::one(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? std::nullopt : std::optional{found->second.begin()->second};
}

}  // namespace calibram
