// SPDX-License-Identifier: MIT
// What the server refuses: paths, unknown names, wrong methods and garbage; and the description of what it
// takes.
#include "tests/bench/app/serve/serving.hpp"
#include "tests/support/config_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

namespace calibram {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// The parts of an error document.
Json error_of(const HttpAnswer& answer) {
  EXPECT_THAT(answer.header, HasSubstr("Content-Type: application/json\r\n"));
  const Json json = Json::parse(answer.body);
  for (const char* part : {"problem", "reason", "remedy"}) EXPECT_TRUE(json["error"][part].is_string());
  return json["error"];
}

TEST(ServeRefusals, AModelIsNeverAPath) {
  const Serving serving;
  const std::string text = config_text("qwen2");
  serving.folder().write("config.json", text);
  const std::string there = serving.folder().path() / "config.json";
  for (const std::string& path :
       {there, there + "x", serving.folder().path().string(), std::string{"config.json"},
        std::string{"./config.json"}, std::string{"../x"}, std::string{"/etc/passwd"},
        std::string{"/dev/zero"}, std::string{"x.gguf"}}) {
    const HttpAnswer answer = serving.get("/api/estimate?model=" + encoded(path));
    EXPECT_EQ(answer.status, 400) << path;
    // The same whether something is there or not: nothing was looked for.
    EXPECT_THAT(error_of(answer)["problem"].get<std::string>(), HasSubstr("unknown model"));
  }
}

TEST(ServeRefusals, NoPathOfTheMachineIsServed) {
  const Serving serving;
  serving.folder().write("config.json", "{}");
  for (const char* path : {"/../../etc/passwd", "/etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
                           "/..%2f..%2fetc/passwd", "/config.json", "/.err", "/api/", "/api/estimate/",
                           "/API/estimate", "/api/../page.css"}) {
    const HttpAnswer answer = serving.get(path);
    EXPECT_EQ(answer.status, 404) << path;
    error_of(answer);
  }
  EXPECT_EQ(serving.get("/api/estimate?model=qwen2-7b&profile=../x").status, 400);
  EXPECT_EQ(serving.get("/api/estimate?model=qwen2-7b&profile=/etc/passwd").status, 400);
}

TEST(ServeRefusals, AWrongMethodIsToldTheRightOnes) {
  const Serving serving;
  const HttpAnswer post = serving.post("/api/estimate?model=qwen2-7b", "");
  EXPECT_EQ(post.status, 405);
  EXPECT_THAT(post.header, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(serving.post("/", "").header, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_EQ(serving.ask("DELETE", "/api/models", "").status, 405);
  EXPECT_EQ(serving.ask("HEAD", "/api/estimate?model=qwen2-7b", "").status, 200);
}

TEST(ServeRefusals, AnUnknownParameterIsToldTheNearest) {
  const Serving serving;
  const Json error = error_of(serving.get("/api/estimate?model=qwen2-7b&promt=3"));
  EXPECT_EQ(error["problem"], "unknown parameter 'promt'");
  EXPECT_EQ(error["reason"], "did you mean 'prompt'?");
  EXPECT_EQ(error_of(serving.get("/api/gpus?x=1"))["reason"], "this takes none");
  EXPECT_EQ(error_of(serving.get("/api/estimate?model=qwen2-7b&up-to=3"))["problem"],
            "unknown parameter 'up-to'");
}

TEST(ServeRefusals, SaysWhatTheCommandSays) {
  const Serving serving;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"qwen2-7b", "--prompt", "0"},
           {"qwen2-7b", "--split", "tensor"},
           {"qwen2-7b", "--context", "10", "--prompt", "8", "--generate", "8"},
           {"qwen2-7b", "--runtime", "vlm"},
           {"qwen2-7b", "--weights", "int5"},
           {"qwen2-7b", "--metric", "vram"},
           {"qwen2-7b", "--options", "a=1;a=2"},
           {"qwen2-7b", "--gpu", "no such card"},
           {"qwen2-7b", "--capacity", "24XB"},
           {"qwen2-7b", "--estimator", "guess"},
           {"qwen2-7b", "--batch", "9223372036854775807", "--prompt", "9223372036854775807"},
           {"qwen2-7b", "--max-context", "--gpu", "4090", "--gpu", "3090"},
       }) {
    const HttpAnswer answer = serving.get("/api/estimate?" + query_of(words));
    EXPECT_EQ(answer.status, 400) << words.back();
    const Json error = error_of(answer);
    std::vector<std::string> command = words;
    command.insert(command.begin(), "estimate");
    const Outcome outcome = Program{}.run(command);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("calibram: " + error["problem"].get<std::string>()));
    EXPECT_THAT(outcome.err, HasSubstr(error["reason"].get<std::string>()));
    EXPECT_THAT(outcome.err, HasSubstr(error["remedy"].get<std::string>()));
  }
}

TEST(ServeRefusals, WhatWouldTakeMinutesIsLeftToTheCommand) {
  const Serving serving;
  const std::string reserved = "model=qwen2-7b&metric=reserved&runtime=transformers@4.38.2&gpu=4090";
  EXPECT_EQ(serving.get("/api/estimate?max-batch=1&" + reserved).status, 400);
  EXPECT_EQ(serving.get("/api/advise?" + reserved).status, 400);
  EXPECT_EQ(serving.get("/api/concurrency?" + reserved).status, 400);
  EXPECT_EQ(serving.get("/api/estimate?generate=1000000&" + reserved).status, 400);
}

/// Queries that are nearly right, and some that are not.
std::string random_query(std::mt19937& random) {
  constexpr std::array<const char*, 12> names = {
      "model", "prompt", "weights", "kv", "options", "gpu", "metric", "split", "x", "%zz", "", "max-context"};
  constexpr std::array<const char*, 16> values = {"qwen2-7b", "99999999999999999999",
                                                  "-1",       "int8",
                                                  "a=b;c",    "4090",
                                                  "1",        "..%2f..",
                                                  "%00",      "%ff%fe",
                                                  "1",        "",
                                                  "&&",       "allocated",
                                                  "1e309B",   "upload:0"};
  std::string query;
  for (auto pairs = random() % 6; pairs > 0; --pairs) {
    query += names[random() % names.size()];
    query += "=";
    query += values[random() % values.size()];
    query += "&";
  }
  if (random() % 4 == 0)
    for (int i = 0; i < 20; ++i) query += fmt::format("%{:02x}", random() % 256);
  return query;
}

TEST(ServeRefusals, GarbageIsAnsweredAndDoesNoHarm) {
  const Serving serving;
  std::mt19937 random{5};
  const std::array<std::string, 5> paths = {"/api/estimate", "/api/advise", "/api/concurrency", "/api/models",
                                            "/x"};
  for (int i = 0; i < 400; ++i) {
    const std::string target = paths[random() % paths.size()] + "?" + random_query(random);
    std::string body = config_text("qwen2");
    for (auto changes = 1 + random() % 8; changes > 0; --changes)
      body[random() % body.size()] = static_cast<char>(random());
    const HttpAnswer answer = random() % 4 == 0 ? serving.post(target, body) : serving.get(target);
    EXPECT_TRUE(answer.status == 200 || answer.status == 201 || (answer.status >= 400 && answer.status < 500))
        << target << " " << answer.status << " " << answer.body;
    EXPECT_NO_THROW(Json::parse(answer.body)) << target;
  }
  EXPECT_EQ(serving.get("/api/version").status, 200);
}

TEST(ServeRefusals, WhatStrangersWriteIsNotKept) {
  const Serving serving;
  const auto ask = [&](int i) {
    const std::string text = fmt::format("{:05}", i) + std::string(6000, 'x');
    EXPECT_EQ(serving.get("/api/estimate?model=qwen2-0.5b&device=" + text).status, 200);
    EXPECT_EQ(serving.get("/api/estimate?model=" + text).status, 400);
  };
  for (int i = 0; i < 100; ++i) ask(i);
  const std::int64_t before = serving.resident_kib();
  for (int i = 100; i < 1100; ++i) ask(i);
  EXPECT_LT(serving.resident_kib() - before, 4096) << "of 12 MB that were written";
}

TEST(ServeRefusals, TheDescriptionNamesWhatIsTakenAndNothingElse) {
  const Serving serving;
  const Json document = Json::parse(serving.get("/api/openapi.json").body);
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::set<std::string> paths;
  for (const auto& [path, operations] : document["paths"].items())
    for (const auto& [method, operation] : operations.items()) {
      paths.insert(path);
      std::string query;
      std::set<std::string> names;
      for (const Json& parameter : operation["parameters"]) {
        EXPECT_TRUE(names.insert(parameter["name"]).second) << path << " has it twice: " << parameter;
        query += parameter["name"].get<std::string>() + "=&";
      }
      if (!query.empty()) query.pop_back();
      std::string name = method;
      for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      // Empty values are none, so that only the names count.
      const HttpAnswer answer = serving.ask(name, path + (query.empty() ? "" : "?" + query), "");
      EXPECT_THAT(answer.body, testing::Not(HasSubstr("unknown parameter"))) << path;
      EXPECT_NE(answer.status, 404) << path;
      EXPECT_NE(answer.status, 405) << path;
    }
  for (const char* path : {"/api/estimate", "/api/advise", "/api/concurrency", "/api/models", "/api/gpus"})
    EXPECT_TRUE(paths.contains(path)) << path;
}

/// A value that a question takes, with what else it needs. Empty for a name that is not known here.
std::string sample_of(const std::string& name) {
  const std::map<std::string, std::string> samples = {
      {"model", "qwen2-7b"},
      {"runtime", "vllm@0.19.0&metric=weights"},
      {"weights", "int8"},
      {"kv", "bf16"},
      {"batch", "1"},
      {"prompt", "8"},
      {"generate", "8"},
      {"context", "100"},
      {"devices", "2&runtime=transformers@4.38.2"},
      {"split", "layers&devices=2&runtime=transformers@4.38.2"},
      {"options", "logits=last"},
      {"metric", "allocated"},
      {"device", "A100 80GB"},
      {"estimator", "theory"},
      {"profile", "none"},
      {"gpu", "4090"},
      {"capacity", "24GiB"},
      {"max-devices", "2"},
      {"up-to", "3"},
      {"shared-prefix", "16&prompt=20&runtime=vllm@0.19.0"}};
  const auto found = samples.find(name);
  if (found != samples.end()) return found->second;
  const bool is_flag = name.starts_with("max-") || name.starts_with("keep-") || name == "best-format" ||
                       name == "min-devices" || name == "explain" || name == "rules";
  return is_flag ? "1" : "";
}

TEST(ServeRefusals, EachParameterThatIsDescribedIsTaken) {
  const Serving serving;
  const Json document = Json::parse(serving.get("/api/openapi.json").body);
  for (const std::string path : {"/api/estimate", "/api/advise", "/api/concurrency"})
    for (const Json& parameter : document["paths"][path]["get"]["parameters"]) {
      const std::string name = parameter["name"];
      ASSERT_NE(sample_of(name), "") << name;
      std::string query = name + "=" + sample_of(name);
      if (name != "model") query += "&model=qwen2-7b";
      if (name != "gpu" && name != "capacity") query += "&gpu=4090";
      std::replace(query.begin(), query.end(), ' ', '+');
      EXPECT_EQ(serving.get(path + "?" + query).status, 200) << path << "?" << query;
    }
}

/// All flags of a question in the command's help are parameters of the API.
TEST(ServeRefusals, TheDescriptionHasEveryFlagOfTheCommand) {
  const Serving serving;
  const Json document = Json::parse(serving.get("/api/openapi.json").body);
  for (const std::string verb : {"estimate", "advise", "concurrency"}) {
    std::set<std::string> described;
    for (const Json& parameter : document["paths"]["/api/" + verb]["get"]["parameters"])
      described.insert(parameter["name"]);
    const std::string help = Program{}.run({verb, "--help"}).out;
    int flags = 0;
    // What is about printing, and the batch, which concurrency varies.
    const std::set<std::string> others = {"help", "json", "all-gpus", "csv", "output", "batch"};
    for (std::size_t at = help.find("--"); at != help.npos; at = help.find("--", at + 2)) {
      const std::size_t end = help.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at + 2);
      const std::string flag = help.substr(at + 2, end - at - 2);
      const bool begins_line = help.find_last_not_of(' ', at - 1) != help.npos &&
                               (help[help.find_last_not_of(' ', at - 1)] == '\n' || help[at - 1] == ',');
      if (!begins_line || others.contains(flag)) continue;
      EXPECT_TRUE(described.contains(flag)) << verb << " " << flag;
      ++flags;
    }
    EXPECT_GT(flags, 15) << verb;
  }
}

}  // namespace
}  // namespace calibram
