// SPDX-License-Identifier: MIT
// Uploaded models are answered for like files of the command, and make room for others.
#include "src/core/bytes.hpp"
#include "tests/bench/app/serve/serving.hpp"
#include "tests/support/config_texts.hpp"
#include "tests/support/gguf_models.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using namespace literals;

Json upload(const Serving& serving, const std::string& query, const std::string& body) {
  const HttpAnswer answer = serving.post("/api/models?" + query, body);
  EXPECT_EQ(answer.status, 201) << answer.body;
  return Json::parse(answer.body);
}

/// Without the model's name, which is the only difference.
Json nameless(const std::string& document) {
  Json json = Json::parse(document);
  json.erase("model");
  return json;
}

Json printed(const std::string& file, const std::vector<std::string>& flags = {}) {
  std::vector<std::string> words = {"estimate", file, "--json"};
  words.insert(words.end(), flags.begin(), flags.end());
  const Outcome outcome = Program{}.run(words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return nameless(outcome.out);
}

TEST(ServeUploads, AConfigIsAnsweredForLikeTheFile) {
  const Serving serving;
  const ScratchFolder folder;
  const std::string text = config_text("qwen2");
  const Json uploaded = upload(serving, "file=config.json", text);
  EXPECT_EQ(uploaded["title"], "config.json");
  EXPECT_EQ(uploaded["layers"], 4);
  EXPECT_FALSE(uploaded["remarks"].empty()) << "defaults were taken";
  const std::string name = uploaded["name"];
  EXPECT_TRUE(name.starts_with("upload:"));
  EXPECT_EQ(nameless(serving.get("/api/estimate?prompt=100&model=" + encoded(name)).body),
            printed(folder.write("config.json", text), {"--prompt", "100"}));
}

TEST(ServeUploads, TheStartOfAGgufIsEnough) {
  const Serving serving;
  const ScratchFolder folder;
  const std::string header = dense_gguf("llama").header();
  const auto file = folder.write("small.gguf", header);
  ASSERT_TRUE(extend(file, 10_MiB));
  const Json uploaded = upload(serving, "file=small.gguf&bytes=10485760", header);
  EXPECT_EQ(uploaded["title"], "small.gguf");
  EXPECT_EQ(
      nameless(
          serving.get("/api/estimate?weights=as-stored&model=" + encoded(uploaded["name"].get<std::string>()))
              .body),
      printed(file, {"--weights", "as-stored"}));
}

TEST(ServeUploads, AHeaderThatIsCutSaysHowMuchIsNeeded) {
  const Serving serving;
  const std::string header = dense_gguf("llama").header();
  for (const std::size_t size : {header.size() / 4, header.size() / 2, header.size() - 40}) {
    const HttpAnswer answer = serving.post("/api/models?file=x.gguf&bytes=10485760", header.substr(0, size));
    EXPECT_EQ(answer.status, 400);
    const Json error = Json::parse(answer.body)["error"];
    EXPECT_THAT(error["reason"].get<std::string>(), HasSubstr("are needed"));
    EXPECT_EQ(error["remedy"], "give more of its start");
  }
}

TEST(ServeUploads, AreListedBehindTheCatalogueAndKeepTheirName) {
  const Serving serving;
  const std::string first = upload(serving, "", config_text("qwen2"))["name"];
  EXPECT_EQ(upload(serving, "", config_text("qwen2"))["name"], first);
  EXPECT_NE(upload(serving, "", config_text("llama"))["name"], first);
  const Json list = Json::parse(serving.get("/api/models").body);
  EXPECT_EQ(list.front()["name"].get<std::string>().find("upload:"), std::string::npos);
  EXPECT_EQ(list[list.size() - 1]["name"], first);
  EXPECT_EQ(list[list.size() - 1]["title"], "config.json");
}

TEST(ServeUploads, TheOneUnusedForLongestMakesRoom) {
  const Serving serving;
  const auto numbered = [](int i) {
    return config_text("qwen2", fmt::format(R"("max_position_embeddings": {})", 1000 + i));
  };
  const auto status = [&](const std::string& name) {
    return serving.get("/api/estimate?model=" + encoded(name)).status;
  };
  const std::string first = upload(serving, "", numbered(0))["name"];
  const std::string second = upload(serving, "", numbered(1))["name"];
  for (int i = 2; i < 64; ++i) upload(serving, "", numbered(i));
  EXPECT_EQ(status(first), 200);
  upload(serving, "", numbered(64));
  EXPECT_EQ(status(first), 200);
  EXPECT_EQ(status(second), 400);
}

TEST(ServeUploads, WhatIsNoModelIsRefused) {
  const Serving serving;
  for (const auto& [query, body] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"", "{"},
           {"", "[]"},
           {"", R"({"model_type": "no such family"})"},
           {"file=config.json&bytes=100", "{}"},
           {"file=config.json&bytes=1", config_text("qwen2")},
           {"file=config.json&bytes=x", config_text("qwen2")},
           {"file=x.safetensors", "12345678{}"},
           {"file=x.gguf", "GGUF"},
           {"file=x.gguf", "not one"},
           {"file=x.gguf&bytes=0", "GGUF"},
           {"name=config.json", config_text("qwen2")},
           {"", std::string(100'000, '[')},
       })
    EXPECT_EQ(serving.post("/api/models?" + query, body).status, 400) << query << " " << body.substr(0, 50);
}

TEST(ServeUploads, NothingIsWritten) {
  const Serving serving;
  const std::ptrdiff_t before = serving.folder().entries();
  upload(serving, "file=" + encoded("../../config.json"), config_text("qwen2"));
  upload(serving, "file=" + encoded("/tmp/x.gguf"), dense_gguf("llama").header());
  EXPECT_EQ(serving.folder().entries(), before);
}

}  // namespace
}  // namespace calibram
