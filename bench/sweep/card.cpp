// SPDX-License-Identifier: MIT
// Finds cards through calibram-cuda and pairs them with NVML.
#include "bench/sweep/card.hpp"

#include "bench/sweep/process.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>

namespace calibram {
namespace {

namespace fs = std::filesystem;

/// CUDA gives the identity of a MIG instance without saying that it is one.
std::optional<NvmlDevice> find_either_way(const Nvml& nvml, std::string& uuid) {
  if (const auto found = nvml.find(uuid)) return found;
  if (!uuid.starts_with("GPU-")) return std::nullopt;
  const std::string as_instance = "MIG-" + uuid.substr(4);
  const auto found = nvml.find(as_instance);
  if (found) uuid = as_instance;
  return found;
}

Card card_of(DeviceDescription description, const Nvml& nvml) {
  Card card;
  card.nvml = find_either_way(nvml, description.uuid);
  card.driver = nvml.driver_version();
  if (card.driver.empty()) card.driver = description.cuda_driver;
  if (!nvml.is_present())
    card.nvml_absence = nvml.absence();
  else if (!card.nvml)
    card.nvml_absence = "NVML does not know this card";
  else if (const std::string reason = card.nvml->memory_absence(); !reason.empty()) {
    card.nvml_absence = "NVML does not tell its memory: " + reason;
    card.nvml.reset();
  }
  card.description = std::move(description);
  return card;
}

/// Why the program has not named all cards; empty when it has.
std::string reason_of(const ProcessEnd& end, bool has_cards) {
  constexpr std::string_view own_words = "calibram-cuda: ";
  std::string_view reason = end.last_error;
  const bool is_its_own = reason.starts_with(own_words);
  if (is_its_own) reason.remove_prefix(own_words.size());
  const bool has_ended_well = end.signal == 0 && end.exit_status == 0;
  if (has_ended_well && has_cards && !is_its_own) return {};  // what a library says is not about a card
  if (!reason.empty()) return printable(reason, longest_reason);
  if (end.signal != 0)
    return fmt::format("calibram-cuda was killed by signal {} ({})", end.signal, ::strsignal(end.signal));
  return fmt::format("calibram-cuda ended with status {} and gave no reason", end.exit_status);
}

}  // namespace

std::optional<Bytes> used_on(const Card& card) {
  const auto memory = card.nvml ? card.nvml->memory() : std::nullopt;
  return memory ? std::optional{memory->used} : std::nullopt;
}

std::optional<Bytes> free_on(const Card& card) {
  const auto memory = card.nvml ? card.nvml->memory() : std::nullopt;
  // NVML counts on its total what the driver keeps for itself; CUDA's total is without.
  return memory ? std::optional{std::min(memory->free, card.description.total)} : card.description.free;
}

fs::path cuda_program() { return fs::read_symlink("/proc/self/exe").parent_path() / "calibram-cuda"; }

Cards find_cards(const fs::path& program, const Nvml& nvml) {
  std::error_code failure;
  if (!fs::exists(program, failure)) return {{}, "this build has no CUDA backend"};
  Cards found;
  const std::atomic<bool> never{false};
  try {
    const ProcessEnd end = run_process(
        {program.string(), "devices"},
        [&](const std::string& line) { found.cards.push_back(card_of(parse_description(line), nvml)); },
        never);
    found.absence = reason_of(end, !found.cards.empty());
  } catch (const Error& problem) {
    return {{}, problem.what()};
  }
  return found;
}

}  // namespace calibram
