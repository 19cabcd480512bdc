// SPDX-License-Identifier: MIT
// Finds who answers a request, and words what goes wrong.
#include "bench/app/serve/api.hpp"

#include "bench/app/serve/page_files.hpp"
#include "bench/app/serve/routes.hpp"
#include "bench/serve/query.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>
#include <utility>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

HttpResponse document_of(int status, std::string text) {
  return {status, "application/json", std::move(text), {{"Cache-Control", "no-store"}}};
}

HttpResponse refusal(int status, const Error& error) {
  const Json json = {
      {"error", {{"problem", error.problem()}, {"reason", error.reason()}, {"remedy", error.remedy()}}}};
  return document_of(status, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

HttpResponse unknown_path(const std::string& path) {
  return refusal(404, InputError{"there is nothing at " + in_quotes(path), "", "see /api/openapi.json"});
}

HttpResponse wrong_method(const HttpRequest& request, const std::string& allowed) {
  HttpResponse refused =
      refusal(405, InputError{fmt::format("{} does not take {}", in_quotes(request.path), request.method), "",
                              "use " + allowed});
  refused.headers.emplace_back("Allow", allowed);
  return refused;
}

HttpResponse answer_of(const Route& route, const HttpRequest& request, Served& served) try {
  const AskedParameters asked{parse_query(request.query), route.wanted};
  return document_of(route.status, route.answer(asked, request.body, served));
} catch (const InputError& problem) {
  return refusal(400, problem);
} catch (const Error& failure) {
  std::cerr << fmt::format("error: {}\n", printable(failure.what()));
  return refusal(500, failure);
}

HttpResponse page_file(const PageFile& file) {
  return {200, std::string{file.content_type}, std::string{file.bytes}, {{"Cache-Control", "no-cache"}}};
}

}  // namespace

bool takes_long(const HttpRequest& request) {
  if (request.method == "POST" || request.path == "/api/advise" || request.path == "/api/concurrency")
    return true;
  constexpr std::array<std::string_view, 6> slow = {"max-context=1", "max-batch=1",     "best-format=1",
                                                    "min-devices=1", "metric=reserved", "device=cuda"};
  return std::any_of(slow.begin(), slow.end(), [&](std::string_view parameter) {
    return request.query.find(parameter) != std::string::npos;
  });
}

HttpResponse respond(const HttpRequest& request, Served& served) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  std::string allowed;
  for (const Route& route : routes()) {
    if (route.path != request.path) continue;
    if (route.method == (reads ? "GET" : request.method)) return answer_of(route, request, served);
    allowed += allowed.empty() ? "" : ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : std::string{route.method};
  }
  if (!allowed.empty()) return wrong_method(request, allowed);
  const PageFile* file = find_page_file(request.path);
  if (file == nullptr) return unknown_path(request.path);
  return reads ? page_file(*file) : wrong_method(request, "GET, HEAD");
}

}  // namespace calibram
