// SPDX-License-Identifier: MIT
// calibram serve: the calculator as a local web page and a JSON API.
#include "bench/app/flags/estimators.hpp"
#include "bench/app/serve/api.hpp"
#include "bench/app/verbs.hpp"
#include "bench/serve/http_messages.hpp"
#include "src/core/ordered_work.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

namespace calibram {
namespace {

struct ServeOptions {
  std::uint16_t port = 8080;
  std::string address = "127.0.0.1";
  std::string profile;
  unsigned threads = machine_threads();
};

/// Of which each may send a body of some MiB.
constexpr std::size_t most_connections = 64;

void run_server(const ServeOptions& options) {
  Served served{{}, {options.profile, profiles_folder()}, {}};
  HttpLimits limits;
  limits.connections = most_connections;
  HttpServer server{options.address, options.port, limits,
                    [&](const HttpRequest& request) { return respond(request, served); }, takes_long};
  const bool is_ipv6 = options.address.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? fmt::format("[{}]", options.address) : options.address;
  if (!is_loopback_host(host))
    std::cerr << fmt::format("note: whoever reaches {} may ask this server, and upload models to it\n", host);
  std::cout << fmt::format("http://{}:{}/", host, server.port()) << std::endl;
  server.run(options.threads);
}

}  // namespace

Action add_serve(CLI::App& verb) {
  auto options = std::make_shared<ServeOptions>();
  verb.add_option("--port", options->port, "Port to listen on; 0: any that is free. Default: 8080");
  verb.add_option("--address", options->address,
                  "Address to listen on. Default: 127.0.0.1, which this machine alone reaches");
  verb.add_option("--profile", options->profile,
                  "A profile.json that answers unless a request names another. Default: as for estimate");
  constexpr unsigned most_threads = 256;
  verb.add_option("--threads", options->threads,
                  "Threads that answer, and as many for what takes long. Default: one per processor")
      ->check(CLI::Range(1U, most_threads));
  return [options] {
    run_server(*options);
    return status_done;
  };
}

}  // namespace calibram
