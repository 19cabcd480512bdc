// SPDX-License-Identifier: MIT
// Lines such as "max context on 24.00 GiB: 18,432 tokens; 18,433 needs 24.01 GiB", and their JSON.
#include "bench/app/estimate/inverse_report.hpp"

#include "src/engine/question.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// "18,432".
std::string grouped(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

Bytes with_context(const Fitting& fitting) { return fitting.needed + fitting.set_aside; }

/// "needs 24.01 GiB"; by how much where two decimals would not tell.
std::string needs_text(const Fitting& fitting) {
  const std::string needed = gib_text(with_context(fitting));
  if (fitting.fits() || needed != gib_text(fitting.capacity.bytes)) return "needs " + needed;
  return fmt::format("needs {} bytes more", grouped(-fitting.headroom().count()));
}

/// What is counted, for people.
struct Counted {
  const char* title;
  const char* one;
  const char* many;
};
constexpr Counted tokens{"max context", "token", "tokens"};
constexpr Counted sequences{"max batch", "sequence", "sequences"};

std::string limit_text(const Largest& largest, const Counted& counted) {
  switch (largest.limit) {
    case Limit::positions:
      return fmt::format("limited by the model: it has {} positions", grouped(largest.number));
    case Limit::search:
      return fmt::format("no more {} are looked at", counted.many);
    case Limit::refused:
      return fmt::format("{} cannot be answered: {}", grouped(largest.number + 1), largest.refusal);
    case Limit::memory:
      break;
  }
  return fmt::format("{} {}", grouped(largest.number + 1), needs_text(*largest.beyond));
}

std::string text_of(const Largest& largest, const Counted& counted, const std::string& gpu) {
  const std::string found =
      largest.number == 0
          ? fmt::format("not even 1 {}", counted.one)
          : fmt::format("{} {}", grouped(largest.number), largest.number == 1 ? counted.one : counted.many);
  return fmt::format("{} on {}: {}; {}\n", counted.title, gpu, found, limit_text(largest, counted));
}

std::string pair_text(const FormatChoice& choice) {
  return fmt::format("{} weights, {} cache", choice.weights->name, choice.kv->name);
}

std::string text_of(const BestFormat& format, const std::string& gpu) {
  const std::string title = fmt::format("best format on {}", gpu);
  if (format.best) {
    const std::string note =
        format.exceeds_stored
            ? fmt::format("; the model is stored in {}, and more adds no detail", format.stored)
            : "";
    return fmt::format("{}: {}; {}{}\n", title, pair_text(*format.best), needs_text(format.best->fitting),
                       note);
  }
  if (format.smallest)
    return fmt::format("{}: none; the smallest, {}, {}\n", title, pair_text(*format.smallest),
                       needs_text(format.smallest->fitting));
  return fmt::format("{}: none can be counted: {}\n", title, format.refusal);
}

std::string tried_text(const DevicesTried& tried) {
  if (const auto* refused = std::get_if<Unanswered>(&tried.held))
    return fmt::format("{} cannot be answered: {}", tried.devices, refused->reason);
  const Fitting& fitting = std::get<Fitting>(tried.held);
  return fmt::format("{} {}{}", tried.devices, tried.devices == 1 ? "" : "of them, the fullest ",
                     needs_text(fitting));
}

/// The largest number that was answered, then the first that was not.
std::string reasons_text(const std::vector<DevicesTried>& all) {
  const DevicesTried *answered = nullptr, *refused = nullptr;
  for (const DevicesTried& tried : all) {
    if (std::holds_alternative<Fitting>(tried.held))
      answered = &tried;
    else if (!refused)
      refused = &tried;
  }
  std::string text;
  for (const DevicesTried* tried : {answered, refused})
    if (tried) text += "; " + tried_text(*tried);
  return text;
}

std::string text_of(const FewestDevices& devices, const std::string& gpu) {
  const std::string title = fmt::format("min devices of {}", gpu);
  if (!devices.fewest) return fmt::format("{}: none{}\n", title, reasons_text(devices.tried));
  const DevicesTried& fewest = *devices.fewest;
  const std::string needs = needs_text(std::get<Fitting>(fewest.held));
  if (fewest.devices == 1) return fmt::format("{}: 1; it {}\n", title, needs);
  const std::string split =
      fewest.split == Split::none ? "" : fmt::format(" (split {})", name_of(fewest.split));
  return fmt::format("{}: {}{}, the fullest {}{}\n", title, fewest.devices, split, needs,
                     reasons_text(devices.tried));
}

Json bytes_or_null(const std::optional<Fitting>& fitting) {
  return fitting ? Json(with_context(*fitting).count()) : Json(nullptr);
}

/// What ends the numbers, as JSON names it.
constexpr std::array<const char*, 4> limit_names = {"memory", "positions", "search", "refused"};

Json limit_json(const Largest& largest) {
  return {{"limit", limit_names.at(static_cast<std::size_t>(largest.limit))},
          {"needed_bytes", bytes_or_null(largest.fitting)},
          {"next_needed_bytes", bytes_or_null(largest.beyond)},
          {"refusal", largest.refusal.empty() ? Json(nullptr) : Json(largest.refusal)}};
}

Json json_of(const BestFormat& format) {
  if (!format.best) return nullptr;
  return {{"weights", format.best->weights->name},
          {"kv", format.best->kv->name},
          {"needed_bytes", with_context(format.best->fitting).count()},
          {"stored", format.stored.empty() ? Json(nullptr) : Json(format.stored)},
          {"exceeds_stored", format.exceeds_stored}};
}

Json json_of(const FewestDevices& devices) {
  if (!devices.fewest) return nullptr;
  return {{"devices", devices.fewest->devices},
          {"split", name_of(devices.fewest->split)},
          {"needed_bytes", with_context(std::get<Fitting>(devices.fewest->held)).count()}};
}

}  // namespace

std::string InverseAsked::first() const {
  if (max_context) return "--max-context";
  if (max_batch) return "--max-batch";
  if (best_format) return "--best-format";
  return min_devices ? "--min-devices" : "";
}

InverseReport inverse_report(const InverseAsked& asked, const Calculator& calculator,
                             const Question& question, const Capacity& capacity) {
  InverseReport report{capacity, {}, {}, {}, {}};
  if (asked.max_context) report.context = max_context(calculator, question, capacity);
  if (asked.max_batch) report.batch = max_batch(calculator, question, capacity);
  if (asked.best_format) report.format = best_format(calculator, question, capacity);
  if (asked.min_devices) report.devices = min_devices(calculator, question, capacity);
  return report;
}

bool InverseReport::all_answered() const {
  return !(context && context->number == 0) && !(batch && batch->number == 0) && !(format && !format->best) &&
         !(devices && !devices->fewest);
}

std::string inverse_text(const InverseReport& report) {
  const std::string& gpu = report.capacity.gpu;
  std::string text;
  if (report.context) text += text_of(*report.context, tokens, gpu);
  if (report.batch) text += text_of(*report.batch, sequences, gpu);
  if (report.format) text += text_of(*report.format, gpu);
  if (report.devices) text += text_of(*report.devices, gpu);
  return text;
}

Json inverse_json(const InverseReport& report) {
  Json json = {{"gpu", report.capacity.gpu}, {"capacity_bytes", report.capacity.bytes.count()}};
  const auto add = [&](const char* name, const char* detail, const std::optional<Largest>& largest) {
    if (!largest) return;
    json[name] = largest->number;
    json[detail] = limit_json(*largest);
  };
  add("max_context", "max_context_limit", report.context);
  add("max_batch", "max_batch_limit", report.batch);
  if (report.format) json["best_format"] = json_of(*report.format);
  if (report.devices) json["min_devices"] = json_of(*report.devices);
  return json;
}

}  // namespace calibram
