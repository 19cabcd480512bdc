// SPDX-License-Identifier: MIT
// GGUF metadata: every type of value, lists that are only counted, and lengths that lie.
#include "src/model/gguf/gguf.hpp"

#include "src/core/error.hpp"
#include "tests/support/headers.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

GgufMetadata parse(std::string_view start) { return parse_gguf(start).metadata; }

std::string metadata_error(std::string_view start, std::optional<std::int64_t> size = {}) {
  return message_of<InputError>([&] { parse_gguf(start, size); });
}
std::string metadata_error(const GgufWriter& writer) { return metadata_error(writer.header()); }

TEST(GgufMetadata, EveryTypeOfValueIsRead) {
  GgufWriter writer;
  writer.number("u8", GgufType{0}, std::uint8_t{200}).number("i8", GgufType{1}, std::int8_t{-8});
  writer.number("u16", GgufType{2}, std::uint16_t{65'000}).number("i16", GgufType{3}, std::int16_t{-16});
  writer.number("u32", GgufType{4}, 4'000'000'000U).number("i32", GgufType{5}, -32);
  writer.number("f32", GgufType{6}, 1.5F).number("bool", GgufType{7}, std::uint8_t{1}).text("text", "t\0t");
  writer.number("u64", GgufType{10}, std::uint64_t{1} << 40).number("i64", GgufType{11}, std::int64_t{-64});
  writer.number("f64", GgufType{12}, 2.5);
  const GgufMetadata metadata = parse(writer.header());
  EXPECT_EQ(metadata.integer("u8"), 200);
  EXPECT_EQ(metadata.integer("i8"), -8);
  EXPECT_EQ(metadata.integer("u16"), 65'000);
  EXPECT_EQ(metadata.integer("i16"), -16);
  EXPECT_EQ(metadata.integer("u32"), 4'000'000'000);
  EXPECT_EQ(metadata.integer("i32"), -32);
  EXPECT_EQ(metadata.integer("u64"), std::int64_t{1} << 40);
  EXPECT_EQ(metadata.integer("i64"), -64);
  EXPECT_EQ(metadata.number("f32"), 1.5);
  EXPECT_EQ(metadata.number("f64"), 2.5);
  EXPECT_EQ(metadata.number("i8"), -8.0);
  EXPECT_EQ(metadata.boolean("bool"), true);
  EXPECT_EQ(metadata.text("text"), "t");
  EXPECT_FALSE(metadata.has("none"));
  EXPECT_EQ(metadata.integer("none"), std::nullopt);
  EXPECT_EQ(metadata.integers("none"), std::nullopt);
}

TEST(GgufMetadata, ListsPerLayerAreReadAndLongOnesOnlyCounted) {
  GgufWriter writer;
  writer.array<std::int32_t>("heads", GgufType::i32, {8, 0, 4}).number("one", GgufType::u32, 7U);
  writer.array<std::uint8_t>("windowed", GgufType::boolean, {1, 0});
  writer.texts("tokenizer.ggml.tokens", std::vector<std::string>(150'000, "token"));
  writer.array("tokenizer.ggml.scores", GgufType::f32, std::vector<float>(150'000));
  writer.array("long", GgufType::i32, std::vector<std::int32_t>(150'000));
  writer.text("template", std::string(100'000, 'x')).number("after", GgufType::u32, 9U);
  const GgufMetadata metadata = parse(writer.header());
  EXPECT_THAT(metadata.integers("heads").value(), ElementsAre(8, 0, 4));
  EXPECT_THAT(metadata.integers("one").value(), ElementsAre(7));
  EXPECT_THAT(metadata.integers("windowed").value(), ElementsAre(1, 0));
  EXPECT_EQ(metadata.length("tokenizer.ggml.tokens"), 150'000);
  EXPECT_EQ(metadata.length("tokenizer.ggml.scores"), 150'000);
  EXPECT_EQ(metadata.integer("after"), 9);
  EXPECT_THAT(message_of<InputError>([&] { metadata.integers("long"); }), HasSubstr("an array of 150000"));
  EXPECT_THAT(message_of<InputError>([&] { metadata.text("template"); }),
              HasSubstr("a text of 100000 bytes"));
}

TEST(GgufMetadata, ArraysMayNestAFewTimes) {
  const auto nested = [](int depth) {
    std::string bytes;
    for (int i = 1; i < depth; ++i) bytes += bytes_of(GgufType::array) + bytes_of<std::uint64_t>(1);
    bytes += bytes_of(GgufType::u8) + bytes_of<std::uint64_t>(1) + "\1";
    GgufWriter writer;
    return writer.value("a", GgufType::array, bytes).number("after", GgufType::u32, 9U);
  };
  EXPECT_EQ(parse(nested(4).header()).length("a"), 1);
  EXPECT_EQ(parse(nested(4).header()).integer("after"), 9);
  EXPECT_THAT(metadata_error(nested(5)), HasSubstr("arrays nest deeper than 4"));
  EXPECT_THAT(metadata_error(nested(10'000)), HasSubstr("arrays nest deeper than 4"));
}

TEST(GgufMetadata, AValueOfAnotherTypeIsSaidWithItsKeyAndByte) {
  GgufWriter writer;
  writer.text("t", "x").number("f", GgufType::f32, 1.5F).number("b", GgufType::boolean, std::uint8_t{1});
  writer.number("huge", GgufType::u64, ~std::uint64_t{0})
      .array<std::uint64_t>("huges", GgufType::u64, {~0ULL});
  const GgufMetadata metadata = parse(writer.header());
  const auto error = [](auto call) { return message_of<InputError>(call); };
  EXPECT_EQ(error([&] { metadata.integer("t"); }),
            "x.gguf: t at byte 24 is a text (must be an integer); convert the model again");
  EXPECT_THAT(error([&] { metadata.integer("f"); }),
              HasSubstr("is a floating-point number (must be an integer)"));
  EXPECT_THAT(error([&] { metadata.integer("b"); }), HasSubstr("is a boolean (must be an integer)"));
  EXPECT_THAT(error([&] { metadata.integer("huge"); }), HasSubstr("(must be below 2^63)"));
  EXPECT_THAT(error([&] { metadata.integers("huges"); }), HasSubstr("(must be below 2^63)"));
  EXPECT_THAT(error([&] { metadata.integers("t"); }), HasSubstr("must be an integer or an array"));
  EXPECT_THAT(error([&] { metadata.boolean("f"); }), HasSubstr("must be a boolean"));
  EXPECT_THAT(error([&] { metadata.number("b"); }), HasSubstr("must be a number"));
  EXPECT_THAT(error([&] { metadata.text("f"); }), HasSubstr("must be a text"));
  EXPECT_THAT(error([&] { metadata.length("t"); }), HasSubstr("must be an array"));
}

TEST(GgufMetadata, LengthsThatLieAreRefused) {
  const auto with = [](GgufType type, const std::string& bytes) {
    GgufWriter writer;
    return writer.value("k", type, bytes).header();
  };
  const auto length = [](std::uint64_t count) { return bytes_of(count); };
  const std::int64_t terabyte = std::int64_t{1} << 40;
  EXPECT_THAT(metadata_error(with(GgufType::text, length(std::uint64_t{4} << 30)), terabyte),
              HasSubstr("byte 37: the text"));
  EXPECT_THAT(metadata_error(with(GgufType::text, length(~0ULL)), terabyte),
              HasSubstr("the text is said to have"));
  for (const GgufType type : {GgufType::u8, GgufType::f64, GgufType::text, GgufType::array})
    for (const std::uint64_t count : {~0ULL, 1ULL << 61, 1ULL << 39})
      EXPECT_THAT(metadata_error(with(GgufType::array, bytes_of(type) + length(count)), terabyte),
                  HasSubstr("byte 41: the array is said to have"));
  EXPECT_THAT(metadata_error(with(GgufType{13}, "")), HasSubstr("byte 33: unknown type of value, 13"));
  EXPECT_THAT(metadata_error(with(GgufType::array, bytes_of(GgufType{99}) + length(1))),
              HasSubstr("unknown type of value, 99"));
  EXPECT_THAT(metadata_error("GGUF" + bytes_of(3U) + length(0) + length(1) + length(1ULL << 32), terabyte),
              HasSubstr("byte 24: the key is said to have"));
  EXPECT_THAT(metadata_error("GGUF" + bytes_of(3U) + length(0) + length(1) + length(70'000), terabyte),
              HasSubstr("a key of 70000 bytes"));
}

}  // namespace
}  // namespace calibram
