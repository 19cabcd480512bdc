// SPDX-License-Identifier: MIT
// Dresses answers, and judges hosts.
#include "bench/serve/http_messages.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace calibram {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

/// Scripts, styles and data from this server alone; no frames, no forms, no guessing of types.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> guards = {{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
}};

}  // namespace

bool is_loopback_host(std::string_view host) {
  const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : std::min(host.find(':'), host.size());
  const std::string_view name = host.substr(0, end);
  if (name == "[::1]" || beast::iequals(beast::string_view{name.data(), name.size()}, "localhost"))
    return true;
  boost::system::error_code not_an_address;
  const auto address = asio::ip::make_address_v4(std::string{name}, not_an_address);
  return !not_an_address && address.is_loopback();
}

HttpMessage message_of(HttpResponse response, unsigned version, bool keeps_alive) {
  HttpMessage message{static_cast<http::status>(response.status), version};
  message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : guards)
    message.set(beast::string_view{name.data(), name.size()}, beast::string_view{value.data(), value.size()});
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keeps_alive);
  message.body() = std::move(response.body);
  message.prepare_payload();
  return message;
}

HttpResponse problem(int status, const std::string& text) {
  const nlohmann::ordered_json error = {{"error", {{"problem", text}, {"reason", ""}, {"remedy", ""}}}};
  return {status, "application/json", error.dump(2) + "\n", {{"Cache-Control", "no-store"}}};
}

HttpRequest asked_in(HttpReceived& received) {
  const std::string_view target = text_of(received.target());
  const std::size_t mark = std::min(target.find('?'), target.size());
  return {std::string{text_of(received.method_string())}, std::string{target.substr(0, mark)},
          std::string{target.substr(std::min(mark + 1, target.size()))}, std::move(received.body())};
}

std::optional<HttpResponse> refusal_of(const HttpReceived& received, bool guards_host) {
  if (guards_host && !is_loopback_host(text_of(received[http::field::host])))
    return problem(421, "this server answers for this machine's own names alone");
  // What a page from elsewhere asks in its reader's name (W3C Fetch Metadata); a link to here is no such
  // thing.
  if (text_of(received["Sec-Fetch-Site"]) == "cross-site" &&
      text_of(received["Sec-Fetch-Mode"]) != "navigate")
    return problem(403, "pages of other servers may not ask this one");
  const http::verb method = received.method();
  if (method == http::verb::get || method == http::verb::head || method == http::verb::post)
    return std::nullopt;
  HttpResponse refused = problem(405, "use GET, HEAD or POST");
  refused.headers.emplace_back("Allow", "GET, HEAD, POST");
  return refused;
}

HttpResponse refusal_of(const beast::error_code& error) {
  if (error == http::error::header_limit) return problem(431, "the header is too large");
  if (error == http::error::body_limit) return problem(413, "the body is too large");
  if (error == beast::error::timeout) return problem(408, "the request took too long");
  return problem(400, "this is no HTTP request: " + error.message());
}

}  // namespace calibram
