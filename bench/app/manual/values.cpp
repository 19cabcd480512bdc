// SPDX-License-Identifier: MIT
// The kinds of values, and which flags have them. Their words come from where they are defined.
#include "bench/app/manual/values.hpp"

#include "bench/app/flags/estimators.hpp"
#include "bench/app/manual/shells.hpp"
#include "bench/import/import.hpp"
#include "fit/estimator.hpp"
#include "src/engine/gpu.hpp"
#include "src/engine/metric.hpp"
#include "src/engine/question.hpp"
#include "src/engine/runtime.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/format.hpp"

#include <algorithm>
#include <array>

namespace calibram {
namespace {

using Words = std::vector<std::string>;

template <std::size_t size>
Words words_of(const std::array<std::string_view, size>& names) {
  Words words;
  for (const std::string_view name : names)
    if (!name.empty()) words.emplace_back(name);
  return words;
}

Words models() {
  Words words;
  for (const CatalogueEntry& entry : catalogue()) words.emplace_back(entry.name);
  return words;
}

/// Without versions: to bash, what follows an @ is a word of its own.
Words runtimes() {
  Words words;
  for (const RuntimeFamily& family : runtime_families()) words.emplace_back(family.name);
  return words;
}

/// Without blanks: how a card's name is written does not matter.
Words cards() {
  Words words;
  for (const Gpu& gpu : gpus()) words.push_back(slug(std::string{gpu.name}));
  return words;
}

Words weight_formats() {
  Words words;
  for (const Format& format : formats()) words.push_back(format.name);
  return words;
}

Words cache_formats() {
  Words words;
  for (const Format& format : formats())
    if (format.kv) words.push_back(format.name);
  return words;
}

Words estimators() {
  Words words;
  for (const auto& estimator : rules_and_theory()) words.emplace_back(estimator->name());
  words.emplace_back("calibrated");
  return words;
}

Words metrics() { return words_of(metric_names); }
Words splits() { return words_of(split_names); }
Words log_kinds() { return words_of(log_kind_names); }
Words shells() { return words_of(shell_names); }
Words devices() { return {"auto", "host", "cuda"}; }
Words report_formats() { return {"html", "markdown", "csv"}; }

constexpr std::array kinds = {ValueKind{"file", true},
                              ValueKind{"model", true, models},
                              ValueKind{"runtime", false, runtimes},
                              ValueKind{"gpu", false, cards},
                              ValueKind{"weights", false, weight_formats},
                              ValueKind{"kv", false, cache_formats},
                              ValueKind{"metric", false, metrics},
                              ValueKind{"split", false, splits},
                              ValueKind{"estimator", false, estimators},
                              ValueKind{"log_kind", false, log_kinds},
                              ValueKind{"shell", false, shells},
                              ValueKind{"device", false, devices},
                              ValueKind{"report_format", false, report_formats}};

struct Place {
  std::string_view option, kind;
};

constexpr std::array places = {Place{"MODEL", "model"},
                               Place{"--model", "model"},
                               Place{"--runtime", "runtime"},
                               Place{"--gpu", "gpu"},
                               Place{"--weights", "weights"},
                               Place{"--kv", "kv"},
                               Place{"--metric", "metric"},
                               Place{"--split", "split"},
                               Place{"--estimator", "estimator"},
                               Place{"--rows", "estimator"},
                               Place{"KIND", "log_kind"},
                               Place{"SHELL", "shell"},
                               Place{"--device", "device"},
                               Place{"--format", "report_format"},
                               Place{"CSV", "file"},
                               Place{"FILE", "file"},
                               Place{"PATH", "file"},
                               Place{"--profile", "file"},
                               Place{"--output", "file"},
                               Place{"--out", "file"},
                               Place{"--baseline", "file"},
                               Place{"--markdown", "file"},
                               Place{"--junit", "file"}};

}  // namespace

std::span<const ValueKind> value_kinds() { return kinds; }

const ValueKind* value_kind_of(std::string_view option) {
  const auto place =
      std::find_if(places.begin(), places.end(), [&](const Place& p) { return p.option == option; });
  if (place == places.end()) return nullptr;
  return &*std::find_if(kinds.begin(), kinds.end(),
                        [&](const ValueKind& k) { return k.name == place->kind; });
}

}  // namespace calibram
