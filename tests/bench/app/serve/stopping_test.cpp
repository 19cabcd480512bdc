// SPDX-License-Identifier: MIT
// How the server begins and ends: one line on standard output, and no request left unanswered.
#include "tests/bench/app/serve/serving.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

TEST(ServeVerb, PrintsItsAddressAndEndsWithStatusZero) {
  Serving serving;
  EXPECT_EQ(serving.get("/api/version").status, 200);
  const Outcome outcome = serving.stop();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, MatchesRegex("http://127.0.0.1:[0-9]+/\n"));
  EXPECT_EQ(outcome.err, "");
}

TEST(ServeVerb, SaysWhenOthersMayAsk) {
  Serving serving{{"--address", "0.0.0.0"}};
  EXPECT_EQ(serving.get("/api/version").status, 200);
  EXPECT_EQ(serving.stop().err,
            "note: whoever reaches 0.0.0.0 may ask this server, and upload models to it\n");
}

TEST(ServeVerb, SaysNothingOfRequests) {
  Serving serving;
  // A remark on the model, a bare size, a total without an interval: notes of the command.
  for (const char* query : {"model=gemma-3-4b&gpu=4090", "model=70B", "model=nonsense"})
    serving.get(std::string{"/api/estimate?"} + query);
  EXPECT_EQ(serving.stop().err, "");
}

TEST(ServeVerb, AnswersWhatIsUnderWayBeforeItEnds) {
  Serving serving;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(serving.port()));
    // On a connection that is known to be served, half of a request is one under way.
    ASSERT_TRUE(clients.back()->send("GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    ASSERT_THAT(clients.back()->receive(), StartsWith("HTTP/1.1 200"));
    ASSERT_TRUE(clients.back()->send(
        "GET /api/advise?model=qwen2.5-32b&gpu=4090&prompt=32000 HTTP/1.1\r\nHost: localhost\r\n"));
  }
  ::usleep(100'000);
  serving.tell_to_stop();
  ::usleep(100'000);
  for (auto& client : clients) {
    client->send("\r\n");
    const HttpAnswer answer = Serving::answer_of(client->receive_to_end());
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("\"remedies\""));
  }
  EXPECT_EQ(serving.wait().status, 0);
}

TEST(ServeVerb, ABadCommandLineIsRefused) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"serve", "--port", "65536"},
                                             {"serve", "--address", "nowhere"},
                                             {"serve", "--port", "0", "--profile", "no-such.json"},
                                             {"serve", "--threads", "0"}})
    EXPECT_EQ(Program{}.run(words).status, 2) << words.back();
}

}  // namespace
}  // namespace calibram
