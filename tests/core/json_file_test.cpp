// SPDX-License-Identifier: MIT
// JSON: errors that name file and path, exact integers, and documents made to break a reader.
#include "src/core/json_file.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calibram {
namespace {

using testing::HasSubstr;

JsonNode node_of(std::string_view text) { return parse_json(text, "config.json"); }

std::string parse_error(std::string_view text) {
  return message_of<InputError>([&] { node_of(text); });
}

TEST(Json, AWrongValueNamesFilePathValueAndRule) {
  const auto node = node_of(R"({"hidden_size": "abc", "list": [1, {"x": []}]})");
  EXPECT_EQ(message_of<InputError>([&] { node.integer("hidden_size", 1, 1048576); }),
            "config.json: $.hidden_size is \"abc\" (must be an integer from 1 to 1048576); correct it");
  EXPECT_EQ(message_of<InputError>([&] { node.array("list").at(1).integer("x", 1); }),
            "config.json: $.list[1].x is an array (must be an integer, 1 or more); correct it");
  EXPECT_EQ(message_of<InputError>([&] { node.text("model_type"); }),
            "config.json: $.model_type is missing (must be a text); add it");
}

TEST(Json, NullCountsAsAbsent) {
  const auto node = node_of(R"({"a": null})");
  EXPECT_FALSE(node.has("a"));
  EXPECT_EQ(node.optional_integer("a"), std::nullopt);
  EXPECT_THAT(message_of<InputError>([&] { node.integer("a"); }), HasSubstr("$.a is missing"));
}

TEST(Json, AnOptionalMemberOfTheWrongKindIsAnError) {
  const auto node = node_of(R"({"a": "x", "b": 1})");
  EXPECT_THROW(node.optional_integer("a"), InputError);
  EXPECT_THROW(node.optional_text("b"), InputError);
  EXPECT_THROW(node.optional_boolean("b"), InputError);
  EXPECT_THROW(node.optional_object("b"), InputError);
  EXPECT_THROW(node.optional_array("b"), InputError);
  EXPECT_THROW(node.optional_number("a"), InputError);
}

TEST(Json, GivesWhatIsThere) {
  const auto node = node_of(R"({"i": -3, "d": 1e-5, "t": "x", "b": true, "o": {"n": 7}, "l": [1, 2]})");
  EXPECT_EQ(node.integer("i"), -3);
  EXPECT_EQ(node.number("d"), 1e-5);
  EXPECT_EQ(node.number("i"), -3.0);
  EXPECT_EQ(node.text("t"), "x");
  EXPECT_TRUE(node.boolean("b"));
  EXPECT_EQ(node.object("o").integer("n"), 7);
  EXPECT_EQ(node.array("l").at(1).as_integer(), 2);
  EXPECT_EQ(node.members().size(), 6u);
}

TEST(Json, IntegersMayBeWrittenAsWholeNumbersOnly) {
  const auto node = node_of(R"({"a": 1e3, "b": 5.0, "c": 5.5, "d": 9223372036854775807,
                                "e": 9223372036854775808, "f": 1e17, "g": true})");
  EXPECT_EQ(node.integer("a"), 1000);
  EXPECT_EQ(node.integer("b"), 5);
  EXPECT_THROW(node.integer("c"), InputError);
  EXPECT_EQ(node.integer("d"), highest_integer);
  EXPECT_THROW(node.integer("e"), InputError);
  EXPECT_THROW(node.integer("f"), InputError) << "beyond 2^53 a double does not say which integer it is";
  EXPECT_THROW(node.integer("g"), InputError);
}

TEST(Json, RangesIncludeTheirEnds) {
  const auto node = node_of(R"({"a": 5})");
  EXPECT_EQ(node.integer("a", 5, 5), 5);
  EXPECT_THROW(node.integer("a", 6), InputError);
  EXPECT_THROW(node.integer("a", 0, 4), InputError);
  EXPECT_EQ(node.number("a", 5.0, 5.0), 5.0);
  EXPECT_THROW(node.number("a", 0.0, 1.0), InputError);
}

TEST(Json, ASyntaxErrorNamesItsLine) {
  EXPECT_THAT(parse_error("{\n\"a\": 1,\n}"), HasSubstr("config.json:3: not valid JSON (syntax error"));
  EXPECT_THAT(parse_error(""), HasSubstr("config.json:1: not valid JSON"));
  EXPECT_THAT(parse_error("{} x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(parse_error("{\"a\": \"\xff\"}"), HasSubstr("not valid JSON"));
}

TEST(Json, NumbersThatAreNoneAreRefused) {
  EXPECT_THROW(node_of(R"({"a": NaN})"), InputError);
  EXPECT_THROW(node_of(R"({"a": Infinity})"), InputError);
  EXPECT_EQ(parse_error(R"({"a": 1e999})"),
            "config.json: not usable JSON (number overflow parsing '1e999'); correct the number");
}

TEST(Json, TheDeepestDocumentIsSixtyFourLevels) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(node_of(nested(64)));
  EXPECT_EQ(parse_error(nested(65)),
            "config.json: nested too deep (more than 64 levels); check that it is the file you mean");
  EXPECT_THAT(parse_error(std::string(1'000'000, '[')), HasSubstr("nested too deep"));
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(parse_error(objects), HasSubstr("nested too deep"));
}

TEST(Json, MessagesDoNotSteerTheTerminalNorFloodIt) {
  const auto node = node_of("{\"a\": \"\\u001b[31m" + std::string(5000, 'x') + "\"}");
  const std::string error = message_of<InputError>([&] { node.integer("a"); });
  EXPECT_EQ(error.find('\x1b'), error.npos);
  EXPECT_LT(error.size(), 200u);
  EXPECT_LT(parse_error("{\"a\": \"" + std::string(5000, 'x')).size(), 400u);
}

TEST(Json, TheLastOfRepeatedKeysWins) { EXPECT_EQ(node_of(R"({"a": 1, "a": 2})").integer("a"), 2); }

TEST(Json, MembersOfWhatIsNoObjectAreAnError) {
  EXPECT_EQ(message_of<InputError>([] { node_of("[1]").has("a"); }),
            "config.json: $ is an array (must be an object); correct it");
}

TEST(Json, ANodeOutlivesItsDocument) {
  const auto inner = node_of(R"({"o": {"n": 7}})").object("o");
  EXPECT_EQ(inner.integer("n"), 7);
}

TEST(Json, AFileIsLoadedUpToItsLimit) {
  const ScratchFolder folder;
  const auto file = folder.write("config.json", "\xef\xbb\xbf{\"a\": 1}");
  EXPECT_EQ(load_json(file).integer("a"), 1);
  EXPECT_THAT(message_of<InputError>([&] { load_json(file).integer("b"); }),
              HasSubstr(file.string() + ": $.b is missing"));
  EXPECT_THAT(message_of<InputError>([&] { load_json(file, Bytes{5}); }), HasSubstr("larger than the limit"));
}

}  // namespace
}  // namespace calibram
