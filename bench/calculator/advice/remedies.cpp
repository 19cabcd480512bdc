// SPDX-License-Identifier: MIT
// Puts the groups together, and names the other engines.
#include "bench/calculator/advice/remedies.hpp"

#include "bench/calculator/advice/remedies/groups.hpp"
#include "src/engine/count.hpp"

#include <fmt/format.h>

#include <array>

namespace calibram {
namespace {

/// The newest release that is known of each engine that serves models, the usual one for cards first.
constexpr std::array<std::string_view, 3> engines = {"vllm@0.19.0", "llama.cpp@v0.5.0", "transformers@5.0.0"};

/// llama.cpp's context is that of all its slots, a sequence's everywhere else.
void take_engine(Question& question, std::string_view runtime) {
  Workload& workload = question.workload;
  const std::int64_t batch = workload.batch;
  if (workload.context && family_of(question.runtime) == "llama.cpp") *workload.context /= batch;
  question.runtime = runtime;
  question.options.clear();
  if (family_of(runtime) != "llama.cpp" || batch == 1) return;
  question.options["parallel"] = fmt::format("{}", batch);
  if (workload.context) workload.context = checked_product({*workload.context, batch});
}

}  // namespace

Remedy option_remedy(std::string name, CostClass cost, std::string key, std::string value,
                     std::string_view series) {
  return {.name = std::move(name),
          .cost = cost,
          .apply = [key = std::move(key), value = std::move(value)](
                       Question& changed, std::int64_t) { changed.options[key] = value; },
          .series = series};
}

Options without(const Options& options, const std::string& key) {
  if (!options.contains(key)) return options;
  Options::Pairs pairs{options.begin(), options.end()};
  pairs.erase(key);
  return Options{std::move(pairs)};
}

std::vector<RemedyGroup> engine_settings(const Question& question) {
  const std::string_view family = family_of(question.runtime);
  if (family == "transformers") return transformers_settings(question);
  if (family == "vllm") return vllm_settings(question);
  if (family == "llama.cpp") return llama_cpp_settings(question);
  return calibram_settings(question);
}

std::vector<RemedyGroup> remedies_for(const Question& question, const RemedyLimits& limits) {
  std::vector<RemedyGroup> groups;
  if (question.model) groups = engine_settings(question);
  if (!limits.keep_formats) {
    groups.push_back(smaller_cache(question));
    groups.push_back(smaller_weights(question));
  }
  if (question.model) {
    if (!limits.keep_on_card) groups.push_back(offloading(question));
    groups.push_back(further_cards(question, limits.most_devices));
  }
  if (!limits.keep_batch) groups.push_back(fewer_sequences(question));
  if (!limits.keep_context) groups.push_back(shorter_context(question));
  return groups;
}

std::string name_of(const Remedy& remedy, std::int64_t setting) {
  return remedy.named ? remedy.named(setting) : remedy.name;
}

std::vector<OtherEngine> other_engines(const Question& question) {
  std::vector<OtherEngine> others;
  if (!question.model) return others;
  for (const std::string_view runtime : engines) {
    if (family_of(runtime) == family_of(question.runtime)) continue;
    others.push_back({std::string{runtime}, question});
    take_engine(others.back().question, runtime);
  }
  return others;
}

}  // namespace calibram
