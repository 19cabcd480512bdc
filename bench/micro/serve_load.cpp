// SPDX-License-Identifier: MIT
// How many estimates per second `calibram serve` answers on loopback, and how long each takes.
// Before Asio: its awaitable.hpp (Boost 1.74) uses std::exchange and does not include it.
#include <utility>

#include <fmt/format.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace calibram {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Clock = std::chrono::steady_clock;

/// The program as a child, which ends with this.
class ServerProcess {
 public:
  ServerProcess() {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error{"no pipe"};
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(pipe[1], STDOUT_FILENO);
      ::execl(CALIBRAM_PROGRAM, "calibram", "serve", "--port", "0", nullptr);
      ::_exit(127);
    }
    ::close(pipe[1]);
    std::string line;  // http://127.0.0.1:PORT/
    for (char c = 0; ::read(pipe[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(pipe[0]);
    const std::size_t colon = line.rfind(':');
    if (colon == line.npos) throw std::runtime_error{"the server did not start"};
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  std::uint16_t port() const { return port_; }

  /// Of all its threads so far.
  double cpu_seconds() const {
    std::ifstream stat{fmt::format("/proc/{}/stat", pid_)};
    std::string field;
    double ticks = 0;
    for (int i = 1; i <= 15 && stat >> field; ++i)  // proc(5): 14 is utime, 15 is stime
      if (i >= 14) ticks += std::atof(field.c_str());
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

  std::int64_t resident_kib() const {
    std::ifstream status{fmt::format("/proc/{}/status", pid_)};
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::atoll(line.c_str() + 6);
    return 0;
  }

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

/// Another model, context and batch each time.
std::string random_target(std::mt19937& random) {
  constexpr std::array models = {"qwen2-7b",    "llama-3.1-8b",    "llama-3.1-70b",
                                 "qwen2.5-32b", "mistral-7b-v0.3", "gemma-2-9b",
                                 "qwen2-0.5b",  "deepseek-v3",     "mixtral-8x7b"};
  constexpr std::array cards = {"4090", "H100", "RTX 3090", "A100 80GB", ""};
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  std::string target = fmt::format("/api/estimate?model={}&prompt={}&generate={}&batch={}",
                                   models[below(models.size())], 1 + below(4000), below(1000), 1 + below(64));
  for (const char c : std::string{"&gpu="} + cards[below(cards.size())]) target += c == ' ' ? '+' : c;
  return target;
}

struct Load {
  std::vector<float> milliseconds;  ///< of each answer
  std::int64_t errors = 0;
};

asio::awaitable<void> ask(std::uint16_t port, unsigned seed, Clock::time_point end, Load& load) {
  std::mt19937 random{seed};
  beast::tcp_stream stream{co_await asio::this_coro::executor};
  co_await stream.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
  stream.socket().set_option(asio::ip::tcp::no_delay{true});
  beast::flat_buffer buffer;
  while (Clock::now() < end) {
    http::request<http::empty_body> request{http::verb::get, random_target(random), 11};
    request.set(http::field::host, "localhost");
    http::response<http::string_body> response;
    const Clock::time_point begin = Clock::now();
    co_await http::async_write(stream, request, asio::use_awaitable);
    co_await http::async_read(stream, buffer, response, asio::use_awaitable);
    load.milliseconds.push_back(std::chrono::duration<float, std::milli>(Clock::now() - begin).count());
    if (response.result() != http::status::ok && ++load.errors <= 3)
      std::cerr << request.target() << "\n" << response.body();
  }
}

void report(Load& load, double seconds, std::int64_t rss_begin, const ServerProcess& server) {
  std::sort(load.milliseconds.begin(), load.milliseconds.end());
  const auto share = [&](double part) {
    return load
        .milliseconds[static_cast<std::size_t>(part * static_cast<double>(load.milliseconds.size() - 1))];
  };
  std::cout << fmt::format(
      "{:.0f} requests/s, {} errors, {:.0f} us of the server's CPU time each\np50 {:.2f} ms, p99 {:.2f} ms, "
      "longest {:.2f} ms\n"
      "resident {} KiB after the first tenth, {} KiB at the end\n",
      static_cast<double>(load.milliseconds.size()) / seconds, load.errors,
      1e6 * server.cpu_seconds() / static_cast<double>(load.milliseconds.size()), share(0.5), share(0.99),
      share(1), rss_begin, server.resident_kib());
}

/// One thread, as many connections as are asked for.
void put_under_load(unsigned connections, double seconds) {
  const ServerProcess server;
  asio::io_context context;
  Load load;
  load.milliseconds.reserve(1 << 21);
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{seconds});
  for (unsigned i = 0; i < connections; ++i)
    asio::co_spawn(context, ask(server.port(), i, end, load), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  context.run_until(begin + (end - begin) / 10);
  const std::int64_t rss_begin = server.resident_kib();
  context.run();
  report(load, std::chrono::duration<double>(Clock::now() - begin).count(), rss_begin, server);
}

}  // namespace
}  // namespace calibram

int main(int count, char** arguments) try {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 60;
  const unsigned connections = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : 16;
  calibram::put_under_load(connections, seconds);
  return 0;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << "; usage: serve_load [SECONDS [CONNECTIONS]]\n";
  return 1;
}
