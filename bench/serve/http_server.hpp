// SPDX-License-Identifier: MIT
// A small HTTP/1.1 server that survives what comes over a network.
#pragma once

#include "src/core/bytes.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace calibram {

struct HttpRequest {
  std::string method;  ///< GET, HEAD and POST alone reach a handler
  std::string path;    ///< before the "?", as it was sent
  std::string query;   ///< behind it, as it was sent
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What one client, or all of them together, may take.
struct HttpLimits {
  Bytes header{std::int64_t{16} << 10};  ///< request line and header fields
  Bytes body{std::int64_t{32} << 20};
  std::size_t connections = 256;                    ///< at once; more are answered 503
  std::chrono::milliseconds idle{30'000};           ///< between requests
  std::chrono::milliseconds request{30'000};        ///< from its first byte until its answer is sent
  std::chrono::milliseconds connection{3'600'000};  ///< in all; the request under way is answered
  std::chrono::milliseconds drain{10'000};          ///< after stop(), for requests under way
};

/// Answers requests by a handler that several threads call at once. Requests that are malformed, too large or
/// too slow are answered 4xx and never reach it; what it throws is answered 500. Bound to a loopback address,
/// only requests for a loopback host are answered, so that no foreign page reaches it by a name of its own
/// (DNS rebinding).
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  using TakesLong = std::function<bool(const HttpRequest&)>;

  /// Binds and listens. @param port  0: any that is free
  /// @param takes_long  tells requests that threads of their own answer, so that no other waits for them; who
  ///     is gone when his turn comes is not answered. Empty: none
  /// @throws InputError for an address that is none, Error when the system refuses
  HttpServer(const std::string& address, std::uint16_t port, HttpLimits limits, Handler handler,
             TakesLong takes_long = {});
  ~HttpServer();

  std::uint16_t port() const;

  /// Serves until stop(), SIGINT or SIGTERM; requests under way are answered before it returns.
  /// @param threads  for requests, and as many for those that take long
  void run(unsigned threads);

  /// From any thread.
  void stop();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace calibram
