// SPDX-License-Identifier: MIT
// What every answer carries, and which hosts a request may name.
#pragma once

#include "bench/serve/http_server.hpp"

#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace calibram {

using HttpReceived = boost::beast::http::request<boost::beast::http::string_body>;
using HttpMessage = boost::beast::http::response<boost::beast::http::string_body>;

/// Beast's view of a text as the standard's.
inline std::string_view text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// "localhost", an address of 127.0.0.0/8 or "[::1]", with or without a port.
bool is_loopback_host(std::string_view host);

/// The answer with its length, and with the fields that forbid frames, guessing of types, and scripts from
/// elsewhere. @param version  11 for HTTP/1.1
HttpMessage message_of(HttpResponse response, unsigned version, bool keeps_alive);

/// The JSON document {"error": {"problem": …, "reason": "", "remedy": ""}}.
HttpResponse problem(int status, const std::string& text);

/// What was received, as handlers have it; the body is taken out of it.
HttpRequest asked_in(HttpReceived& received);

/// What is answered before anyone looks at what is asked: to another host, another page or another method;
/// nothing for most.
/// @param guards_host  whether the host must be a loopback one
std::optional<HttpResponse> refusal_of(const HttpReceived& received, bool guards_host);

/// What a request that could not be read is answered.
HttpResponse refusal_of(const boost::beast::error_code& error);

}  // namespace calibram
