// SPDX-License-Identifier: MIT
// Connections as coroutines over Boost.Beast: each reads a request, answers it, and waits for the next.
#include "bench/serve/http_server.hpp"

#include "bench/serve/http_messages.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <iostream>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_set>

#include <sys/socket.h>

namespace calibram {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

/// Whether the peer is simply gone, and nobody is left to be answered.
bool is_gone(const beast::error_code& error) {
  return error == http::error::end_of_stream || error == asio::error::connection_reset ||
         error == asio::error::eof || error == asio::error::broken_pipe ||
         error == asio::error::operation_aborted;
}

}  // namespace

class HttpServer::Server {
 public:
  Server(const std::string& address, std::uint16_t port, HttpLimits limits, Handler handler,
         TakesLong takes_long)
      : limits_{limits}, handler_{std::move(handler)}, takes_long_{std::move(takes_long)} {
    boost::system::error_code error;
    const auto parsed = asio::ip::make_address(address, error);
    if (error)
      throw InputError{fmt::format("{} is no address", in_quotes(address)),
                       "it must be an IPv4 or IPv6 address", "use 127.0.0.1, or 0.0.0.0 for all networks"};
    guards_host_ = parsed.is_loopback();
    const tcp::endpoint endpoint{parsed, port};
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      throw Error{fmt::format("cannot listen on {} port {}", address, port), error.message(),
                  "name another --port or --address, or stop what listens there"};
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void run(unsigned threads) {
    signals_.async_wait([this](const auto& error, int) {
      if (!error) begin_to_stop();
    });
    asio::co_spawn(acceptor_.get_executor(), accept(), asio::detached);
    if (takes_long_) patient_.emplace(threads);
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this] { context_.run(); });
    context_.run();
  }

  void stop() {
    asio::post(acceptor_.get_executor(), [this] { begin_to_stop(); });
  }

 private:
  using Stream = beast::tcp_stream;

  /// Counts a connection while it lives, and lets stop() reach it.
  class Registered {
   public:
    Registered(Server& server, Stream& stream) : server_{server}, stream_{stream} {
      const std::lock_guard lock{server_.mutex_};
      server_.streams_.insert(&stream_);
    }
    Registered(const Registered&) = delete;
    Registered& operator=(const Registered&) = delete;
    ~Registered() {
      const std::lock_guard lock{server_.mutex_};
      server_.streams_.erase(&stream_);
      server_.waiting_.erase(&stream_);
      if (server_.is_stopping_ && server_.streams_.empty())
        asio::post(server_.acceptor_.get_executor(), [&server = server_] { server.drained_.cancel(); });
    }

   private:
    Server& server_;
    Stream& stream_;
  };

  /// Runs on the acceptor's executor.
  void begin_to_stop() {
    if (is_stopping_.exchange(true)) return;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    signals_.cancel(ignored);
    const std::lock_guard lock{mutex_};
    if (streams_.empty()) return;
    // Those that wait for a request end now; those with one under way end when it is answered.
    for (Stream* stream : streams_)
      asio::post(stream->get_executor(), [this, stream] { cancel_if_waiting(stream); });
    drained_.expires_after(limits_.drain);
    drained_.async_wait([this](const boost::system::error_code& error) {
      if (!error) context_.stop();
    });
  }

  void cancel_if_waiting(Stream* stream) {
    const std::lock_guard lock{mutex_};
    if (streams_.contains(stream) && waiting_.contains(stream)) stream->cancel();
  }

  void note_waiting(Stream& stream, bool is_waiting) {
    const std::lock_guard lock{mutex_};
    if (is_waiting)
      waiting_.insert(&stream);
    else
      waiting_.erase(&stream);
  }

  bool is_full() {
    const std::lock_guard lock{mutex_};
    return streams_.size() >= limits_.connections;
  }

  asio::awaitable<void> accept() {
    while (!is_stopping_) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(asio::make_strand(context_),
                                                           asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {  // no descriptors left, or a peer that is gone already: others may go, and it goes on
        asio::steady_timer pause{acceptor_.get_executor(), std::chrono::milliseconds{50}};
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      const auto executor = socket.get_executor();
      asio::co_spawn(executor, converse(Stream{std::move(socket)}, is_full()), asio::detached);
    }
  }

  /// One connection from its first request to its end.
  asio::awaitable<void> converse(Stream stream, bool turned_away) {
    const Registered registered{*this, stream};
    boost::system::error_code ignored;
    stream.socket().set_option(tcp::no_delay{true}, ignored);
    if (turned_away) {
      co_await answer(stream, problem(503, "too many connections"), 11, false, false);
      co_return co_await part(stream);
    }
    const Clock::time_point end = Clock::now() + limits_.connection;
    beast::flat_buffer buffer;
    while (!is_stopping_ && Clock::now() < end)
      if (!co_await answer_next(stream, buffer, end)) break;
    co_await part(stream);
  }

  /// @return whether another request may follow
  asio::awaitable<bool> answer_next(Stream& stream, beast::flat_buffer& buffer, Clock::time_point end) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.header.count()));
    parser.body_limit(static_cast<std::uint64_t>(limits_.body.count()));
    beast::error_code error;
    if (buffer.size() == 0) {
      note_waiting(stream, true);
      stream.expires_at(std::min(Clock::now() + limits_.idle, end));
      const auto space = buffer.prepare(4096);
      const std::size_t size =
          co_await stream.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
      note_waiting(stream, false);
      if (error) co_return false;
      buffer.commit(size);
    }
    // Most requests are there whole: each wait that they are spared is a change of threads less.
    buffer.consume(parser.put(buffer.data(), error));
    if (error == http::error::need_more) error = {};
    stream.expires_after(limits_.request);
    if (!error && !parser.is_header_done())
      co_await http::async_read_header(stream, buffer, parser,
                                       asio::redirect_error(asio::use_awaitable, error));
    if (!error && text_of(parser.get()[http::field::expect]) == "100-continue" && !parser.is_done()) {
      http::response<http::empty_body> go_on{http::status::continue_, parser.get().version()};
      co_await http::async_write(stream, go_on, asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error && !parser.is_done())
      co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      if (!is_gone(error)) co_await answer(stream, refusal_of(error), 11, false, false);
      co_return false;
    }
    HttpReceived request = parser.release();
    std::optional<HttpResponse> response = refusal_of(request, guards_host_);
    if (!response) response = co_await handled(stream, asked_in(request));
    const bool keeps_alive = request.keep_alive() && !is_stopping_ && Clock::now() < end;
    co_return co_await answer(stream, *std::move(response), request.version(), keeps_alive,
                              request.method() == http::verb::head);
  }

  /// Here, or by a thread that others do not wait for.
  asio::awaitable<HttpResponse> handled(Stream& stream, HttpRequest request) {
    if (!patient_ || !takes_long_(request)) co_return handle(request);
    const auto answer_if_there = [this, &stream, &request]() -> asio::awaitable<HttpResponse> {
      char next = 0;  // of a peer that is gone, there is an end to read
      const bool is_there = ::recv(stream.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
      co_return is_there ? handle(request) : problem(408, "the connection was closed before its turn came");
    };
    co_return co_await asio::co_spawn(*patient_, answer_if_there, asio::use_awaitable);
  }

  /// @return whether it was sent and the connection stays
  asio::awaitable<bool> answer(Stream& stream, HttpResponse response, unsigned version, bool keeps_alive,
                               bool head_alone) {
    HttpMessage message = message_of(std::move(response), version, keeps_alive);
    if (head_alone) message.body().clear();  // its length stays in the header
    http::serializer<false, http::string_body> serializer{message};
    beast::error_code error;
    stream.expires_after(limits_.request);
    if (head_alone)
      co_await http::async_write_header(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
    else
      co_await http::async_write(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
    co_return !error && keeps_alive;
  }

  /// Says that nothing more comes, and reads what is still under way, or the peer might lose the answer.
  asio::awaitable<void> part(Stream& stream) {
    constexpr std::chrono::seconds patience{1};
    boost::system::error_code error;
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    stream.expires_after(patience);
    std::array<char, 4096> rest;
    for (int pieces = 0; !error && pieces < 64; ++pieces)
      co_await stream.async_read_some(asio::buffer(rest), asio::redirect_error(asio::use_awaitable, error));
    stream.close();
  }

  HttpResponse handle(const HttpRequest& request) const {
    try {
      return handler_(request);
    } catch (const std::exception& failure) {
      std::cerr << fmt::format("error: {}\n", printable(failure.what()));
      return problem(500, "the server failed to answer this");
    }
  }

  HttpLimits limits_;
  Handler handler_;
  TakesLong takes_long_;
  bool guards_host_ = true;
  asio::io_context context_;
  tcp::acceptor acceptor_{asio::make_strand(context_)};
  asio::signal_set signals_{acceptor_.get_executor(), SIGINT, SIGTERM};
  asio::steady_timer drained_{acceptor_.get_executor()};
  std::atomic<bool> is_stopping_ = false;
  std::mutex mutex_;
  std::unordered_set<Stream*> streams_;       ///< every connection
  std::unordered_set<Stream*> waiting_;       ///< those between two requests
  std::optional<asio::thread_pool> patient_;  ///< the first to go: what waits there refers to all the rest
};

HttpServer::HttpServer(const std::string& address, std::uint16_t port, HttpLimits limits, Handler handler,
                       TakesLong takes_long)
    : server_{std::make_unique<Server>(address, port, limits, std::move(handler), std::move(takes_long))} {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const { return server_->port(); }
void HttpServer::run(unsigned threads) { server_->run(threads); }
void HttpServer::stop() { server_->stop(); }

}  // namespace calibram
