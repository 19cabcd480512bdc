// SPDX-License-Identifier: MIT
// Packs columns: a sweep repeats its configurations, so most columns have few values.
#include "bench/report/page_rows.hpp"

#include "bench/app/evaluate/evaluation_report.hpp"

#include <algorithm>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json json_of(const Value& value) {
  return value;
}
template <class Value>
Json json_of(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

template <class Values>
Json array_of(const Values& values) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(json_of(value));
  return array;
}

template <class Value>
Json packed(const std::vector<Value>& column) {
  std::vector<Value> values = column;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() == 1) return Json::object({{"all", json_of(values.front())}});
  if (2 * values.size() > column.size()) return array_of(column);
  Json codes = Json::array();
  for (const Value& value : column)
    codes.push_back(std::lower_bound(values.begin(), values.end(), value) - values.begin());
  return {{"values", array_of(values)}, {"codes", std::move(codes)}};
}

/// One column: what `value_of` says of each row.
template <class ValueOf>
Json column(const Report& report, const ValueOf& value_of) {
  std::vector<decltype(value_of(report.evaluation.rows.front()))> values;
  values.reserve(report.evaluation.rows.size());
  for (const EvaluatedRow& row : report.evaluation.rows) values.push_back(value_of(row));
  return packed(values);
}

using Whole = std::optional<std::int64_t>;

Json estimates(const Report& report) {
  Json columns = Json::array();
  for (std::size_t i = 0; i < report.evaluation.estimators.size(); ++i)
    columns.push_back(
        {{"predicted", column(report, [i](const EvaluatedRow& row) { return row.estimates[i]; })},
         {"relative", column(report, [i](const EvaluatedRow& row) -> std::optional<double> {
            const auto residual = residual_of(row, i);
            return residual ? std::optional{residual->relative} : std::nullopt;
          })}});
  return columns;
}

Json terms(const Report& report) {
  Json columns = Json::array();
  for (std::size_t t = 0; t < term_count; ++t)
    columns.push_back(column(report, [t](const EvaluatedRow& row) -> Whole {
      if (!row.breakdown || row.breakdown->terms.total() == Bytes{}) return std::nullopt;
      return row.breakdown->terms[static_cast<Term>(t)].count();
    }));
  return columns;
}

template <Bytes Interval::*end>
Json interval_ends(const Report& report) {
  return column(report, [](const EvaluatedRow& row) -> Whole {
    const auto interval = interval_of(row);
    return interval ? Whole{((*interval).*end).count()} : std::nullopt;
  });
}

}  // namespace

Json page_rows(const Report& report, const std::map<RowGroup, std::size_t>& groups) {
  using Row = const EvaluatedRow&;
  return {
      {"count", report.evaluation.rows.size()},
      {"file", column(report, [](Row row) { return row.measurement.file; })},
      {"line", column(report, [](Row row) { return row.measurement.line; })},
      {"model", column(report, [](Row row) { return row.measurement.model; })},
      {"configuration", column(report, [](Row row) { return run_text(row.measurement); })},
      {"kv", column(report, [](Row row) { return row.measurement.kv; })},
      {"context", column(report, [](Row row) { return row.measurement.workload.context_tokens(); })},
      {"outcome", column(report, [](Row row) { return row.measurement.outcome; })},
      {"reason", column(report, [](Row row) { return row.measurement.reason; })},
      {"group", column(report, [&](Row row) { return groups.at(group_of(row.measurement)); })},
      {"measured", column(report, [](Row row) { return row.measurement.value; })},
      {"best", column(report,
                      [](Row row) -> Whole {
                        return row.breakdown ? Whole{static_cast<std::int64_t>(row.breakdown->estimator)}
                                             : std::nullopt;
                      })},
      {"low", interval_ends<&Interval::low>(report)},
      {"high", interval_ends<&Interval::high>(report)},
      {"estimates", estimates(report)},
      {"terms", terms(report)},
  };
}

}  // namespace calibram
