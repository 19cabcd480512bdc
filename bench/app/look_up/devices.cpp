// SPDX-License-Identifier: MIT
// calibram devices: the memory of this machine, what is free of it, and why a card cannot be measured.
#include "bench/app/flags/device_choice.hpp"
#include "bench/app/verbs.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// One device; what is not known is empty.
struct DeviceRow {
  std::string device, name;
  std::optional<Bytes> total, free;
  std::string compute_capability, driver, uuid, note;
};

DeviceRow host_row() {
  const HostMachine& host = describe_host();
  return {"host", host.name, host.total, available_host_memory(), "", host.kernel, "", ""};
}

std::string note_of(const Card& card) {
  std::vector<std::string> notes;
  if (card.description.uuid.starts_with("MIG-")) notes.push_back("MIG instance");
  if (card.description.has_ecc) notes.push_back("ECC");
  if (!card.nvml_absence.empty()) notes.push_back(card.nvml_absence);
  if (const std::string reason = why_unmeasurable(card); !reason.empty())
    notes.push_back("cannot be measured: " + reason);
  return fmt::format("{}", fmt::join(notes, "; "));
}

DeviceRow row_of(const Card& card) {
  const DeviceDescription& description = card.description;
  return {device_name(card),
          description.name,
          description.total,
          free_on(card),
          fmt::format("{}.{}", description.compute_capability / 10, description.compute_capability % 10),
          card.driver,
          description.uuid,
          note_of(card)};
}

/// What the driver has but CUDA does not show: no CUDA backend, a driver too old, CUDA_VISIBLE_DEVICES.
std::vector<DeviceRow> rows_unseen_by_cuda(const Nvml& nvml, const std::vector<Card>& cards) {
  std::vector<DeviceRow> rows;
  for (const NvmlDevice& device : nvml.devices()) {
    const std::string uuid = device.uuid().value_or("");
    const bool is_seen = std::any_of(cards.begin(), cards.end(),
                                     [&](const Card& card) { return card.description.uuid == uuid; });
    if (is_seen) continue;
    const auto memory = device.memory();
    rows.push_back({"", device.name().value_or(""), memory ? std::optional{memory->total} : std::nullopt,
                    memory ? std::optional{memory->free} : std::nullopt, "", nvml.driver_version(), uuid,
                    "CUDA does not show it"});
  }
  return rows;
}

Json json_of(const DeviceRow& row) {
  const auto text = [](const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); };
  const auto size = [](const std::optional<Bytes>& value) {
    return value ? Json(value->count()) : Json(nullptr);
  };
  return {{"device", text(row.device)},
          {"name", row.name},
          {"total_bytes", size(row.total)},
          {"free_bytes", size(row.free)},
          {"compute_capability", text(row.compute_capability)},
          {"driver", text(row.driver)},
          {"uuid", text(row.uuid)},
          {"note", text(row.note)}};
}

std::string table_of(const std::vector<DeviceRow>& rows) {
  TextTable table{{{"device"},
                   {"name"},
                   {"total", Align::right},
                   {"free", Align::right},
                   {"capability", Align::right},
                   {"driver"},
                   {"note"}}};
  const auto size = [](const std::optional<Bytes>& value) { return value ? gib_text(*value) : ""; };
  for (const DeviceRow& row : rows)
    table.add_row({row.device, row.name, size(row.total), size(row.free), row.compute_capability, row.driver,
                   row.note});
  return table.text();
}

int run_devices(bool as_json) {
  const Nvml nvml;
  const Cards cards = find_cards(cuda_program(), nvml);
  std::vector<DeviceRow> rows = {host_row()};
  for (const Card& card : cards.cards) rows.push_back(row_of(card));
  for (DeviceRow& row : rows_unseen_by_cuda(nvml, cards.cards)) rows.push_back(std::move(row));
  if (!cards.absence.empty())
    std::cerr << fmt::format("note: {}: {}\n",
                             cards.cards.empty() ? "there is no card to measure" : "not every card answers",
                             cards.absence);
  if (!as_json) {
    std::cout << table_of(rows);
    return status_done;
  }
  Json list = Json::array();
  for (const DeviceRow& row : rows) list.push_back(json_of(row));
  std::cout << list.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  return status_done;
}

}  // namespace

Action add_devices(CLI::App& verb) {
  const auto json = add_json_flag(verb);
  return [json] { return run_devices(*json); };
}

}  // namespace calibram
