// SPDX-License-Identifier: MIT
// Makes targets of the host and of cards.
#include "bench/app/measure/target.hpp"

#include "bench/app/fit/profiling.hpp"
#include "bench/app/flags/question_flags.hpp"
#include "bench/app/flags/size_text.hpp"
#include "bench/sweep/card_runner.hpp"
#include "kernels/host/host_probe.hpp"
#include "src/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include <unistd.h>

namespace calibram {
namespace {

using namespace literals;

/// What a measuring child of the host and one of a card are told alike.
std::vector<std::string> measure_point(const std::string& program, const Point& point) {
  std::vector<std::string> arguments = {
      program,    "measure-point",           "--layers-executed", std::to_string(point.layers_executed),
      "--parent", std::to_string(::getpid())};
  const std::vector<std::string> flags = QuestionFlags::arguments(words_of(point.row));
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return arguments;
}

PointRunner host_runner() {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  return [program](const Point& point, ChildReport& report, const std::atomic<bool>& stop) {
    return run_process(
        measure_point(program, point), [&](const std::string& line) { read_report_line(line, report); },
        stop);
  };
}

PointRunner cuda_runner(const Card& card) {
  CardAccess access;
  access.command = [program = cuda_program().string(), index = card.description.index](const Point& point) {
    std::vector<std::string> arguments = measure_point(program, point);
    arguments.insert(arguments.end(), {"--device-index", std::to_string(index), "--barrier"});
    return arguments;
  };
  access.used = [card] { return used_on(card); };
  return card_runner(std::move(access));
}

/// Locks the card.
Target card_target(const Card& card) {
  const DeviceDescription& description = card.description;
  Target target;
  target.device = {description.name, "cuda", description.total.count(), card.driver};
  target.provenance = {
      description.name,
      fmt::format("calibram {}, driver {}, CUDA {}", CALIBRAM_VERSION, card.driver, description.cuda_runtime),
      fmt::format("{}/{}", describe_host().host, description.uuid), own_versions()};
  target.provenance.versions.insert({{"driver", card.driver},
                                     {"cuda_driver", description.cuda_driver},
                                     {"cuda_runtime", description.cuda_runtime}});
  target.title = fmt::format("{} ({})", description.name, device_name(card));
  if (!card.nvml) target.note = card.nvml_absence + ", so nobody watches for other processes";
  target.metric = Metric::device;
  target.child_overhead = card_overhead;
  target.plan = cuda_plan;
  target.run_point = cuda_runner(card);
  target.lock.emplace(description.uuid);
  target.budget = [card](const std::string& flag) { return card_budget(flag, free_on(card), card); };
  return target;
}

}  // namespace

Target host_target() {
  Target target;
  target.device = this_host();
  target.provenance = {target.device.name, "calibram " CALIBRAM_VERSION ", " + target.device.driver,
                       describe_host().host, own_versions()};
  target.title = target.device.name;
  target.parallel = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  target.plan = host_plan;
  target.run_point = host_runner();
  target.budget = [](const std::string& flag) {
    return flag.empty() ? default_budget(available_host_memory()) : parse_size("--budget", flag);
  };
  return target;
}

Target find_target(const std::string& flag) {
  const DeviceChoice choice = parse_device(flag);
  if (choice.kind == DeviceKind::host) return host_target();
  const Cards cards = find_cards(cuda_program(), Nvml{});
  if (choice.kind == DeviceKind::card) {
    const Card card = chosen_card(choice, flag, cards, "use --device host");
    if (const std::string reason = why_unmeasurable(card); !reason.empty())
      throw InputError{fmt::format("cannot measure {} ({})", device_name(card), card.description.name),
                       reason, "use --device host"};
    return card_target(card);
  }
  std::string absence = cards.absence;
  for (const Card& card : cards.cards) {
    const std::string reason = why_unmeasurable(card);
    if (reason.empty()) return card_target(card);
    absence = fmt::format("{}: {}", card.description.name, reason);
  }
  Target host = host_target();
  host.note = "not a card: " + absence;
  return host;
}

Bytes default_card_budget(Bytes free) {
  const Bytes margin = std::max(1_GiB, Bytes{free.count() / 20});
  return std::max(Bytes{}, free - margin);
}

Bytes card_budget(const std::string& flag, std::optional<Bytes> free, const Card& card) {
  if (flag.empty() && !free)
    throw InputError{"cannot tell how much memory is free on " + card.description.name, card.nvml_absence,
                     "say with --budget what the sweep may take"};
  if (flag.empty()) return default_card_budget(*free);
  const Bytes budget = parse_size("--budget", flag), most = free.value_or(card.description.total);
  if (budget > most)
    throw InputError{
        fmt::format("--budget {} is more than {} has free", gib_text(budget), card.description.name),
        fmt::format("{} of {}", gib_text(most), gib_text(card.description.total)),
        "lower it, or end what uses the card"};
  return budget;
}

}  // namespace calibram
