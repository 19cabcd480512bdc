// SPDX-License-Identifier: MIT
// One table of columns for CSV and JSON, and the lines for people.
#include "bench/app/concurrency/concurrency_report.hpp"

#include "src/core/csv.hpp"
#include "src/core/text_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

Json count_of(const std::optional<Bytes>& bytes) { return bytes ? Json(bytes->count()) : Json(nullptr); }

template <Term term>
Json term_of(const ConcurrencyRow& row) {
  return row.estimate.terms[term].count();
}

/// What the fullest device takes, the context included.
std::optional<Bytes> needed(const ConcurrencyRow& row) {
  if (!row.fitting) return std::nullopt;
  return row.fitting->needed + row.fitting->set_aside;
}

/// A column of the CSV, and a key of each row in JSON.
struct RequestColumn {
  const char* name;
  Json (*value)(const ConcurrencyRow&);
};

constexpr std::array columns = {
    RequestColumn{"requests", [](const ConcurrencyRow& row) { return Json(row.requests); }},
    RequestColumn{"total_bytes", [](const ConcurrencyRow& row) { return Json(row.estimate.total.count()); }},
    RequestColumn{"bound99_bytes",
                  [](const ConcurrencyRow& row) {
                    const auto& interval = row.estimate.interval;
                    return interval ? Json(interval->bound99.count()) : Json(nullptr);
                  }},
    RequestColumn{"weights_bytes", term_of<Term::weights>},
    RequestColumn{"kv_cache_bytes", term_of<Term::kv_cache>},
    RequestColumn{"activation_bytes", term_of<Term::activation>},
    RequestColumn{"logits_bytes", term_of<Term::logits>},
    RequestColumn{"workspace_bytes", term_of<Term::workspace>},
    RequestColumn{"constant_bytes", term_of<Term::constant>},
    RequestColumn{"one_more_bytes", [](const ConcurrencyRow& row) { return count_of(row.next); }},
    RequestColumn{"rule_terms_bytes", [](const ConcurrencyRow& row) { return count_of(row.rule_terms); }},
    RequestColumn{"needed_bytes", [](const ConcurrencyRow& row) { return count_of(needed(row)); }},
    RequestColumn{"fits", [](const ConcurrencyRow& row) {
                    return row.fitting ? Json(row.fitting->fits()) : Json(nullptr);
                  }}};

/// The powers of two, and the last row.
bool is_shown(const Concurrency& concurrency, std::int64_t requests) {
  return (requests & (requests - 1)) == 0 || requests == concurrency.rows.back().requests;
}

/// Those that any row has.
std::vector<Term> terms_shown(const Concurrency& concurrency) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < term_count; ++i) {
    const Term term{static_cast<unsigned char>(i)};
    for (const ConcurrencyRow& row : concurrency.rows)
      if (row.estimate.terms[term] != Bytes{}) {
        terms.push_back(term);
        break;
      }
  }
  return terms;
}

std::string size_or_none(const std::optional<Bytes>& bytes) { return bytes ? gib_text(*bytes) : "-"; }

std::string verdict(const Fitting& fitting) {
  const Bytes headroom = fitting.headroom();
  return fitting.fits() ? gib_text(headroom) + " left" : gib_text(Bytes{} - headroom) + " too much";
}

std::string table_text(const Concurrency& concurrency, bool has_capacity) {
  const std::vector<Term> terms = terms_shown(concurrency);
  std::vector<TableColumn> headers = {{"requests", Align::right}, {"total", Align::right}};
  for (const Term term : terms) headers.push_back({std::string{term_names[index_of(term)]}, Align::right});
  headers.push_back({"one more", Align::right});
  headers.push_back({"rule-terms", Align::right});
  if (has_capacity) headers.push_back({"capacity", Align::right});
  TextTable table{std::move(headers)};
  for (const ConcurrencyRow& row : concurrency.rows) {
    if (!is_shown(concurrency, row.requests)) continue;
    std::vector<std::string> cells = {fmt::format("{}", row.requests), gib_text(row.estimate.total)};
    for (const Term term : terms) cells.push_back(gib_text(row.estimate.terms[term]));
    cells.push_back(size_or_none(row.next));
    cells.push_back(size_or_none(row.rule_terms));
    if (row.fitting) cells.push_back(verdict(*row.fitting));
    table.add_row(cells);
  }
  return table.text();
}

std::string headline(const ConcurrencyReport& report) {
  const Question& question = report.question;
  const Workload& workload = question.workload;
  return fmt::format("{}: {} weights, {} cache, requests of {} tokens ({} prompt), {}, {}, {}\n\n",
                     question.subject, question.weights->name, question.kv->name, workload.context_tokens(),
                     workload.prompt, question.runtime, report.concurrency.estimator,
                     name_of(question.metric));
}

std::string prefix_text(const SharedPrefix& prefix) {
  if (prefix.shared_tokens == 0)
    return fmt::format("shared prefix: {} tokens, which are no whole block of {}: nothing is shared\n",
                       prefix.tokens, prefix.block_tokens);
  return fmt::format(
      "shared prefix: {} tokens, {} of them in whole blocks of {}: {}, kept once\n"
      "prefill is counted as of whole prompts; requests that find the prefix in the cache need less\n",
      prefix.tokens, prefix.shared_tokens, prefix.block_tokens, gib_text(prefix.bytes));
}

/// How many fit, with all fewer; of those that were asked.
std::int64_t most_that_fit(const Concurrency& concurrency) {
  std::int64_t most = 0;
  for (const ConcurrencyRow& row : concurrency.rows) {
    if (!row.fitting->fits()) break;
    most = row.requests;
  }
  return most;
}

std::string fitting_text(const Concurrency& concurrency, const Capacity& capacity) {
  const std::int64_t most = most_that_fit(concurrency), last = concurrency.rows.back().requests;
  if (most == 0) return fmt::format("not even 1 request fits {}\n", capacity.gpu);
  const char* more = most == last ? " or more" : "";
  return fmt::format("{}{} {} {}\n", most, more, most == 1 ? "request fits" : "requests fit", capacity.gpu);
}

Json json_of(const std::optional<SharedPrefix>& prefix) {
  if (!prefix) return nullptr;
  return {{"tokens", prefix->tokens},
          {"block_tokens", prefix->block_tokens},
          {"shared_tokens", prefix->shared_tokens},
          {"shared_bytes", prefix->bytes.count()}};
}

Json json_of(const ConcurrencyRow& row) {
  Json json = Json::object();
  for (const RequestColumn& column : columns) json[column.name] = column.value(row);
  return json;
}

}  // namespace

std::string concurrency_text(const ConcurrencyReport& report) {
  const Concurrency& concurrency = report.concurrency;
  std::string text = headline(report) + table_text(concurrency, report.capacity.has_value()) + "\n";
  if (concurrency.prefix) text += prefix_text(*concurrency.prefix);
  text +=
      "one more: what one more request adds; rule-terms: weights once, cache and activation times requests\n";
  if (report.capacity) text += fitting_text(concurrency, *report.capacity);
  return text;
}

std::string concurrency_csv(const ConcurrencyReport& report) {
  std::vector<std::string> fields;
  for (const RequestColumn& column : columns) fields.emplace_back(column.name);
  std::string text = csv_record(fields) + "\n";
  for (const ConcurrencyRow& row : report.concurrency.rows) {
    fields.clear();
    for (const RequestColumn& column : columns) {
      const Json value = column.value(row);
      fields.push_back(value.is_null() ? "" : value.dump());
    }
    text += csv_record(fields) + "\n";
  }
  return text;
}

std::string concurrency_json(const ConcurrencyReport& report) {
  const Concurrency& concurrency = report.concurrency;
  Json rows = Json::array();
  for (const ConcurrencyRow& row : concurrency.rows) rows.push_back(json_of(row));
  const Json document = {
      {"model", report.question.subject},
      {"runtime", report.question.runtime},
      {"metric", name_of(report.question.metric)},
      {"estimator", concurrency.estimator},
      {"gpu", report.capacity ? Json(report.capacity->gpu) : Json(nullptr)},
      {"capacity_bytes", report.capacity ? Json(report.capacity->bytes.count()) : Json(nullptr)},
      {"max_requests", report.capacity ? Json(most_that_fit(concurrency)) : Json(nullptr)},
      {"shared_prefix", json_of(concurrency.prefix)},
      {"refusal", concurrency.refusal.empty() ? Json(nullptr) : Json(concurrency.refusal)},
      {"rows", rows}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace calibram
