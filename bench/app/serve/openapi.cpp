// SPDX-License-Identifier: MIT
// Writes the tables of paths and parameters as OpenAPI 3.1 has them.
#include "bench/app/serve/openapi.hpp"

#include "bench/app/serve/routes.hpp"
#include "src/core/names.hpp"
#include "src/engine/metric.hpp"
#include "src/engine/runtime.hpp"
#include "src/model/format.hpp"

#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

/// What such a parameter may be, or examples of it.
void add_values(std::string_view name, Json& schema) {
  if (name == "metric")
    for (const std::string_view metric : metric_names) schema["enum"].push_back(metric);
  if (name == "split") schema["enum"] = {name_of(Split::layers), name_of(Split::tensor)};
  if (name == "runtime")
    for (const RuntimeFamily& family : runtime_families()) schema["examples"].push_back(family.name);
  if (name == "weights" || name == "kv")
    for (const Format& format : formats())
      if (name == "weights" || format.kv) schema["examples"].push_back(format.name);
}

Json schema_of(const Parameter& parameter) {
  Json schema;
  switch (parameter.kind) {
    case ParameterKind::text:
      schema["type"] = "string";
      break;
    case ParameterKind::integer:
      schema["type"] = "integer";
      break;
    case ParameterKind::yes_or_no:
      return {{"type", "string"}, {"enum", {"0", "1"}}};
  }
  add_values(parameter.name, schema);
  if (parameter.is_repeatable) return {{"type", "array"}, {"items", schema}};
  return schema;
}

Json parameters_of(Wanted wanted) {
  Json list = Json::array();
  for (const Parameter& parameter : parameters()) {
    if (!parameter.is_of(wanted)) continue;
    list.push_back({{"name", parameter.name},
                    {"in", "query"},
                    {"required", parameter.is_required},
                    {"description", parameter.meaning},
                    {"schema", schema_of(parameter)}});
  }
  return list;
}

Json content_of(const Json& schema) { return {{"application/json", {{"schema", schema}}}}; }

Json operation_of(const Route& route) {
  const bool is_list = route.wanted == Wanted::models || route.path == "/api/gpus" ||
                       route.path == "/api/runtimes" || route.path == "/api/formats" ||
                       route.path == "/api/profiles";
  Json operation = {{"summary", route.summary}, {"parameters", parameters_of(route.wanted)}};
  if (route.method == "POST")
    operation["requestBody"] = {{"required", true},
                                {"content", {{"application/octet-stream", {{"schema", Json::object()}}}}}};
  const Json error = {{"$ref", "#/components/schemas/Error"}};
  operation["responses"][std::to_string(route.status)] = {
      {"description", "The document"}, {"content", content_of({{"type", is_list ? "array" : "object"}})}};
  operation["responses"]["default"] = {{"description", "Why there is none, and what to do"},
                                       {"content", content_of(error)}};
  return operation;
}

Json error_schema() {
  const Json text = {{"type", "string"}};
  const Json parts = {{"type", "object"},
                      {"properties", {{"problem", text}, {"reason", text}, {"remedy", text}}},
                      {"required", {"problem", "reason", "remedy"}}};
  return {{"type", "object"}, {"properties", {{"error", parts}}}, {"required", {"error"}}};
}

}  // namespace

std::string openapi_text() {
  Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "calibram"},
        {"version", CALIBRAM_VERSION},
        {"description",
         "How much memory a language model needs. Parameters are the flags of the command line; each answer "
         "is "
         "the document that the command prints with --json and these flags. An empty value is none."}}},
      {"paths", Json::object()}};
  for (const Route& route : routes())
    document["paths"][std::string{route.path}][lower_case(route.method)] = operation_of(route);
  document["components"]["schemas"]["Error"] = error_schema();
  return document.dump(2) + "\n";
}

}  // namespace calibram
