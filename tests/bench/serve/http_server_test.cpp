// SPDX-License-Identifier: MIT
// The HTTP server under good, malformed, slow and hostile clients.
#include "bench/serve/http_server.hpp"
#include "src/core/error.hpp"
#include "tests/bench/serve/http_client.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <random>
#include <thread>

namespace calibram {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A server that says back what it was asked; "/slow" waits until it is told to go on, "/fail" throws.
class Serving {
 public:
  explicit Serving(const HttpLimits& limits = {}, unsigned threads = 3,
                   const HttpServer::TakesLong& takes_long = {})
      : server_{"127.0.0.1", 0, limits, [this](const HttpRequest& request) { return respond(request); },
                takes_long},
        thread_{[this, threads] { server_.run(threads); }} {}
  ~Serving() {
    go_on_.set_value();
    server_.stop();
  }

  HttpServer& server() { return server_; }
  std::uint16_t port() const { return server_.port(); }
  void wait_for_slow_request() { began_.get_future().wait(); }
  int slow_requests() const { return slow_requests_; }
  void answer_slow_request() {
    go_on_.set_value();
    go_on_ = {};
  }

 private:
  HttpResponse respond(const HttpRequest& request) {
    if (request.path == "/fail") throw std::runtime_error{"as asked"};
    if (request.path == "/slow") {
      ++slow_requests_;
      const auto go_on = go_on_.get_future();
      began_.set_value();
      go_on.wait();
    }
    return {200,
            "text/plain",
            request.method + " " + request.path + "?" + request.query + " " + request.body,
            {}};
  }

  std::promise<void> began_, go_on_;
  std::atomic<int> slow_requests_ = 0;
  HttpServer server_;
  std::jthread thread_;
};

std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

TEST(HttpServer, AnswersSeveralRequestsOnOneConnection) {
  const Serving serving;
  RawClient client{serving.port()};
  for (const char* target : {"/", "/a?b=c", "/a?b=%20&d"}) {
    ASSERT_TRUE(client.send(get(target)));
    const std::string answer = client.receive();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr(std::string{"GET "} + target));
  }
}

TEST(HttpServer, AnswersRequestsThatComeAtOnceInTheirOrder) {
  const Serving serving;
  RawClient client{serving.port()};
  ASSERT_TRUE(client.send(get("/first") + get("/second") + get("/third", "Connection: close\r\n")));
  const std::string answers = client.receive_to_end();
  EXPECT_LT(answers.find("/first"), answers.find("/second"));
  EXPECT_LT(answers.find("/second"), answers.find("/third"));
  EXPECT_NE(answers.find("/third"), std::string::npos);
}

TEST(HttpServer, GivesBodiesHoweverTheyAreSent) {
  const Serving serving;
  RawClient client{serving.port()};
  ASSERT_TRUE(client.send("POST /p HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"));
  EXPECT_THAT(client.receive(), HasSubstr("POST /p? hello"));
  ASSERT_TRUE(
      client.send("POST /p HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"));
  EXPECT_THAT(client.receive(), HasSubstr("POST /p? hello"));
  ASSERT_TRUE(client.send(
      "POST /p HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 100 "));
  ASSERT_TRUE(client.send("hello"));
  EXPECT_THAT(client.receive(), HasSubstr("POST /p? hello"));
}

TEST(HttpServer, HeadHasTheHeaderOfGetAlone) {
  const Serving serving;
  RawClient client{serving.port()};
  ASSERT_TRUE(client.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const std::string answer = client.receive(true);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
  ASSERT_TRUE(client.send(get("/next")));
  EXPECT_THAT(client.receive(), HasSubstr("GET /next"));
}

TEST(HttpServer, EveryAnswerForbidsFramesSniffingAndForeignScripts) {
  const Serving serving;
  for (const std::string& request : {get("/"), get("/fail"), std::string{"nonsense\r\n\r\n"}}) {
    RawClient client{serving.port()};
    client.send(request);
    const std::string answer = client.receive();
    EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n")) << request;
    EXPECT_THAT(answer, HasSubstr("frame-ancestors 'none'")) << request;
    EXPECT_THAT(answer, HasSubstr("default-src 'none'; script-src 'self'")) << request;
  }
}

TEST(HttpServer, AHandlerThatThrowsIsA500AndTheNextRequestIsAnswered) {
  const Serving serving;
  RawClient client{serving.port()};
  ASSERT_TRUE(client.send(get("/fail")));
  const std::string answer = client.receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("as asked")));
  ASSERT_TRUE(client.send(get("/next")));
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, OtherMethodsAreRefused) {
  const Serving serving;
  RawClient client{serving.port()};
  ASSERT_TRUE(client.send("DELETE /x HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 405 "));
}

TEST(HttpServer, AForeignHostIsRefusedOnALoopbackAddress) {
  const Serving serving;
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "10.0.0.1"}) {
    RawClient client{serving.port()};
    ASSERT_TRUE(client.send(std::string{"GET / HTTP/1.1\r\nHost: "} + host + "\r\n\r\n"));
    EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 421 ")) << host;
  }
  for (const char* host : {"localhost:8000", "127.0.0.1:1", "[::1]:80", "LOCALHOST", "127.1.2.3"}) {
    RawClient client{serving.port()};
    ASSERT_TRUE(client.send(std::string{"GET / HTTP/1.1\r\nHost: "} + host + "\r\n\r\n"));
    EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200 ")) << host;
  }
}

TEST(HttpServer, APageOfAnotherServerMayLinkHereAndAskNothing) {
  const Serving serving;
  const auto answer_to = [&](const std::string& fields) {
    RawClient client{serving.port()};
    EXPECT_TRUE(client.send("GET / HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n"));
    return client.receive();
  };
  EXPECT_THAT(answer_to("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"),
              StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer_to("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to("Sec-Fetch-Site: none\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, WhatIsTooLargeIsRefusedAndTheConnectionEnds) {
  HttpLimits limits;
  limits.header = Bytes{1000};
  limits.body = Bytes{1000};
  const Serving serving{limits};
  RawClient headers{serving.port()};
  headers.send(get("/", "X: " + std::string(2000, 'x') + "\r\n"));
  EXPECT_THAT(headers.receive_to_end(), StartsWith("HTTP/1.1 431 "));
  RawClient body{serving.port()};
  body.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(body.receive_to_end(), StartsWith("HTTP/1.1 413 "));
  RawClient chunks{serving.port()};
  chunks.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
              std::string(1000, 'x') + "\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_THAT(chunks.receive_to_end(), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, WhatIsTooSlowIsEnded) {
  HttpLimits limits;
  limits.idle = 100ms;
  limits.request = 200ms;
  const Serving serving{limits};
  RawClient idle{serving.port()};
  EXPECT_EQ(idle.receive_to_end(), "");
  // Byte by byte: each arrives in time, the request does not.
  RawClient slow{serving.port()};
  std::string request = get("/", "X: " + std::string(100, 'x') + "\r\n");
  for (const char byte : request) {
    if (!slow.send({&byte, 1})) break;
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_THAT(slow.receive_to_end(), AnyOf(StartsWith("HTTP/1.1 408 "), ""));
}

TEST(HttpServer, MoreConnectionsThanAllowedAreTurnedAway) {
  HttpLimits limits;
  limits.connections = 2;
  const Serving serving{limits};
  RawClient first{serving.port()}, second{serving.port()};
  ASSERT_TRUE(first.send(get("/")));
  first.receive();
  ASSERT_TRUE(second.send(get("/")));
  second.receive();
  RawClient third{serving.port()};
  EXPECT_THAT(third.receive_to_end(), StartsWith("HTTP/1.1 503 "));
  ASSERT_TRUE(first.send(get("/again")));
  EXPECT_THAT(first.receive(), HasSubstr("/again"));
}

TEST(HttpServer, StoppingAnswersWhatIsUnderWay) {
  Serving serving;
  RawClient idle{serving.port()}, busy{serving.port()};
  ASSERT_TRUE(idle.send(get("/")));
  idle.receive();
  ASSERT_TRUE(busy.send(get("/slow")));
  serving.wait_for_slow_request();
  serving.server().stop();
  EXPECT_EQ(idle.receive_to_end(), "");
  serving.answer_slow_request();
  const std::string answer = busy.receive_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

bool is_slow(const HttpRequest& request) { return request.path.starts_with("/slow"); }

TEST(HttpServer, WhatTakesLongKeepsNoOtherRequestWaiting) {
  Serving serving{{}, 1, is_slow};
  RawClient slow{serving.port()}, quick{serving.port()};
  ASSERT_TRUE(slow.send(get("/slow")));
  serving.wait_for_slow_request();
  ASSERT_TRUE(quick.send(get("/quick")));
  EXPECT_THAT(quick.receive(), HasSubstr("GET /quick"));
  serving.answer_slow_request();
  EXPECT_THAT(slow.receive(), HasSubstr("GET /slow"));
  ASSERT_TRUE(slow.send(get("/next")));
  EXPECT_THAT(slow.receive(), HasSubstr("GET /next"));
}

TEST(HttpServer, WhoIsGoneBeforeHisTurnCostsNothing) {
  Serving serving{{}, 1, is_slow};
  RawClient first{serving.port()};
  ASSERT_TRUE(first.send(get("/slow")));
  serving.wait_for_slow_request();
  for (int i = 0; i < 10; ++i) {
    RawClient impatient{serving.port()};
    ASSERT_TRUE(impatient.send(get("/slow")));
  }
  RawClient last{serving.port()};
  ASSERT_TRUE(last.send(get("/slow-but-not-waiting")));
  ::usleep(50'000);  // until all of them have their places in the row
  serving.answer_slow_request();
  EXPECT_THAT(first.receive(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(last.receive(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(serving.slow_requests(), 1);
}

TEST(HttpServer, StoppingAnswersWhatTakesLong) {
  Serving serving{{}, 1, is_slow};
  RawClient busy{serving.port()};
  ASSERT_TRUE(busy.send(get("/slow")));
  serving.wait_for_slow_request();
  serving.server().stop();
  serving.answer_slow_request();
  EXPECT_THAT(busy.receive_to_end(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, RandomBytesNeverTakeItDown) {
  HttpLimits limits;
  limits.request = 300ms;
  limits.idle = 300ms;
  const Serving serving{limits};
  std::mt19937 generator{7};
  const std::string seed =
      "POST /p?q HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (int i = 0; i < 300; ++i) {
    std::string bytes = seed;
    for (unsigned changes = generator() % 8; changes > 0; --changes)
      bytes[generator() % bytes.size()] = static_cast<char>(generator());
    if (generator() % 4 == 0) bytes.resize(generator() % bytes.size());
    RawClient client{serving.port()};
    client.send(bytes);
    client.finish_sending();
    const std::string answer = client.receive();
    EXPECT_THAT(answer, AnyOf("", StartsWith("HTTP/1.1 4"), StartsWith("HTTP/1.1 200"),
                              StartsWith("HTTP/1.0 "), StartsWith("HTTP/1.1 100")));
  }
  RawClient client{serving.port()};
  ASSERT_TRUE(client.send(get("/alive")));
  EXPECT_THAT(client.receive(), HasSubstr("/alive"));
}

TEST(HttpServer, AnAddressThatCannotBeListenedOnIsAnError) {
  const auto nothing = [](const HttpRequest&) { return HttpResponse{}; };
  EXPECT_THROW((HttpServer{"not-an-address", 0, {}, nothing}), InputError);
  const Serving serving;
  EXPECT_THROW((HttpServer{"127.0.0.1", serving.port(), {}, nothing}), Error);
}

}  // namespace
}  // namespace calibram
