// SPDX-License-Identifier: MIT
// The estimate's table of terms, its remarks, and its JSON document.
#include "bench/app/estimate/estimate_report.hpp"

#include "bench/app/estimate/rules_report.hpp"
#include "bench/app/estimate/terms_text.hpp"
#include "src/engine/cache_rules.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// How the runtime keeps keys, values and states, where it matters for the model.
std::string cache_rule_words(const Question& question) {
  const CacheRule* rule = find_cache_rule(question.runtime);
  return rule && question.model ? describe(*rule, *question.model) : "";
}

std::string headline(const EstimateReport& report) {
  const Question& question = report.question;
  const Workload& workload = question.workload;
  return fmt::format(
      "{}: {:.3f}·10⁹ parameters, {} weights, {} cache, {} x {} tokens ({} prompt), {}, {}\n\n",
      question.subject, question.parameters / 1e9, question.weights->name, question.kv->name, workload.batch,
      workload.context_tokens(), workload.prompt, question.runtime, report.asked.estimator);
}

std::string cache_room_text(const Question& question, const Estimate& cache) {
  return fmt::format("\nleft for the KV cache: {}, {} tokens, {:.2f} x {} tokens at once\n",
                     gib_text(cache.total), cache.room->tokens, cache.room->sequences,
                     question.workload.context_tokens());
}

bool is_host(const Estimate& estimate, std::size_t device) {
  return estimate.ends_with_host && device + 1 == estimate.devices.size();
}

std::string device_name(const Estimate& estimate, std::size_t device) {
  return is_host(estimate, device) ? "host" : fmt::format("device {}", device);
}

std::string interval_text(const Interval& interval) {
  return fmt::format("\n95 % between {} and {}; with 99 % at most {}\n", gib_text(interval.low),
                     gib_text(interval.high), gib_text(interval.bound99));
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json json_of(const Workload& workload) {
  return {{"batch", workload.batch},
          {"prompt", workload.prompt},
          {"generate", workload.generate},
          {"context", workload.context_tokens()}};
}

Json optional_bytes(const std::optional<Interval>& interval, Bytes Interval::*part) {
  return interval ? Json((*interval.*part).count()) : Json(nullptr);
}

Json json_of(const TermBytes& terms) {
  Json json = Json::object();
  for (std::size_t i = 0; i < term_count; ++i)
    json[std::string{term_names[i]}] = terms[Term{static_cast<unsigned char>(i)}].count();
  return json;
}

Json devices_json(const Estimate& estimate) {
  Json json = Json::array();
  for (std::size_t i = 0; i < estimate.devices.size(); ++i) {
    json.push_back({{"index", i}, {"total_bytes", estimate.devices[i].count()}});
    if (is_host(estimate, i)) json.back()["host"] = true;
  }
  return json;
}

/// One standard error of each coefficient, times what it multiplies.
Json deviations_json(const std::optional<Spread>& spread) {
  if (!spread) return nullptr;
  Json json = Json::object();
  for (std::size_t i = 0; i < term_count; ++i)
    json[std::string{term_names[i]}] = rounded_bytes(spread->terms[i]).count();
  return json;
}

Json hint_json(const std::optional<Hint>& hint) {
  if (!hint) return nullptr;
  Json changes = Json::array();
  for (const Change& change : hint->changes)
    changes.push_back({{"change", change.words}, {"saved_bytes", change.saved.count()}});
  Json terms = Json::array();
  for (const LargeTerm& large : hint->terms)
    terms.push_back({{"term", term_names[index_of(large.term)]}, {"share", large.share}});
  return {{"text", hint_text(*hint)}, {"terms", terms}, {"changes", changes}};
}

Json json_of(const std::optional<Estimate>& cache) {
  if (!cache) return nullptr;
  return {{"available_bytes", cache->total.count()},
          {"low_bytes", optional_bytes(cache->interval, &Interval::low)},
          {"tokens", cache->room->tokens},
          {"max_concurrency", cache->room->sequences}};
}

std::string text_of(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// One document of the keys of two, and one between them whose value is text already.
std::string joined(const Json& before, std::string_view key, std::string_view value, const Json& after) {
  std::string text = text_of(before);
  text.resize(text.size() - 2);  // the line of its last brace
  const std::string rest = after.empty() ? "\n}\n" : "," + text_of(after).substr(1) + "\n";
  const std::string begin = fmt::format(",\n  \"{}\": ", key);
  text.reserve(text.size() + begin.size() + value.size() + rest.size());
  text.append(begin).append(value).append(rest);
  return text;
}

/// The sizes of cards between which fitting begins, for a question that is about them.
std::vector<CardSize> boundary_of(const EstimateReport& report) {
  const Metric metric = report.question.metric;
  if (report.inverse || !tells_of_cards(metric)) return {};
  return sizes_at_the_boundary(card_sizes(*report.asked.estimate(), metric));
}

}  // namespace

std::string estimate_text(const EstimateReport& report) {
  const auto& [question, asked, cache, fits, inverse, hint, explanation, rules] = report;
  const Estimate& estimate = *asked.estimate();
  std::string text = headline(report) + terms_text(question, estimate);
  if (const std::string words = cache_rule_words(question); !words.empty())
    text += fmt::format("\ncache: {}\n", words);
  if (estimate.devices.size() > 1)
    for (std::size_t i = 0; i < estimate.devices.size(); ++i)
      text += fmt::format("{}: {}\n", device_name(estimate, i), gib_text(estimate.devices[i]));
  if (estimate.interval) text += interval_text(*estimate.interval);
  if (cache) text += cache_room_text(question, *cache);
  if (!estimate.profile.empty()) text += fmt::format("profile: {}\n", estimate.profile);
  if (estimate.extrapolates)
    text += "extrapolates: this lies outside what the sweep behind the profile measured\n";
  if (hint) text += fmt::format("\n{}\n", hint_text(*hint));
  text += fits_text(fits, boundary_of(report), question.devices);
  if (inverse) text += inverse_text(*inverse);
  if (!rules.empty()) text += rules_text(rules);
  if (explanation) text += explanation_text(question, estimate, *explanation, fits.named);
  return text;
}

std::string estimate_json(const EstimateReport& report) {
  const auto& [question, asked, cache, fits, inverse, hint, explanation, rules] = report;
  const Estimate& estimate = *asked.estimate();
  Json document = Json::object();
  const auto add = [&](const char* key, Json value) { document.emplace(key, std::move(value)); };
  add("model", question.subject);
  add("runtime", question.runtime);
  add("metric", name_of(question.metric));
  add("value", estimate.value());
  add("unit", estimate.tokens ? "tokens" : "bytes");
  add("total_bytes", estimate.total.count());
  add("low_bytes", optional_bytes(estimate.interval, &Interval::low));
  add("high_bytes", optional_bytes(estimate.interval, &Interval::high));
  add("bound99_bytes", optional_bytes(estimate.interval, &Interval::bound99));
  add("terms", json_of(estimate.terms));
  add("term_deviations", deviations_json(estimate.spread));
  add("devices", devices_json(estimate));
  add("kv_room", json_of(cache));
  add("profile", text_or_null(estimate.profile));
  add("caution", text_or_null(estimate.caution));
  add("extrapolates", estimate.extrapolates);
  add("estimator", asked.estimator);
  add("parameters", static_cast<std::int64_t>(question.parameters));
  add("weights", question.weights->name);
  add("kv", question.kv->name);
  add("workload", json_of(question.workload));
  add("remarks", question.model ? Json(question.model->remarks) : Json::array());
  add("cache_rule", text_or_null(cache_rule_words(question)));
  add("hint", hint_json(hint));
  Json rest = Json::object();
  if (inverse) rest["inverse"] = inverse_json(*inverse);
  if (!rules.empty()) rest["rules"] = rules_json(rules);
  if (explanation) rest["explanation"] = explanation_json(estimate, *explanation);
  return joined(document, "fits", fits_json(fits), rest);
}

}  // namespace calibram
