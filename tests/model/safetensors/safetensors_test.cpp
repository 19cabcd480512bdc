// SPDX-License-Identifier: MIT
// Safetensors headers: what they declare, what is missing, and every way in which they may lie.
#include "src/model/safetensors/safetensors.hpp"

#include "src/core/error.hpp"
#include "tests/support/headers.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <string>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string error_of(std::string_view start, std::optional<std::int64_t> size = {}) {
  return message_of<InputError>([&] { parse_safetensors(start, size); });
}

/// The error of a header with this JSON, whose data are as long as `data`.
std::string error_of_json(std::string_view json, std::int64_t data = 0) {
  const std::string header = safetensors_of(json);
  return error_of(header, static_cast<std::int64_t>(header.size()) + data);
}

SafetensorsWriter two_tensors() {
  SafetensorsWriter writer;
  writer.tensor("model.embed", "BF16", {10, 4}).tensor("model.norm", "F32", {4});
  return writer;
}

TEST(Safetensors, TensorsAreAsDeclared) {
  const std::string file = two_tensors().file();
  const StoredWeights weights = parse_safetensors(file);
  ASSERT_EQ(weights.tensors.size(), 2u);
  EXPECT_EQ(weights.tensors[0].name, "model.embed");
  EXPECT_EQ(weights.tensors[0].type->name, "BF16");
  EXPECT_THAT(weights.tensors[0].shape, ElementsAre(10, 4));
  EXPECT_EQ(weights.tensors[0].bytes, Bytes{80});
  EXPECT_EQ(weights.tensors[1].offset, static_cast<std::int64_t>(file.size()) - 16);
  EXPECT_EQ(weights.files[0].header, Bytes{static_cast<std::int64_t>(file.size()) - 96});
  EXPECT_EQ(total_bytes(weights), Bytes{96});
  EXPECT_EQ(total_elements(weights), 44);
  EXPECT_THAT(warnings(weights), IsEmpty());
}

TEST(Safetensors, ScalarsEmptyTensorsAndPaddingAreFine) {
  const std::string json =
      R"({"__metadata__":{"format":"pt"},"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},
      "e":{"shape":[0,5],"data_offsets":[8,8],"dtype":"F16"},"p":{"dtype":"F4","shape":[3,2],"data_offsets":[8,11],
      "extra":[{"deep":[1]}]}}       )";
  const std::string header = safetensors_of(json);
  const StoredWeights weights = parse_safetensors(header, static_cast<std::int64_t>(header.size()) + 11);
  EXPECT_EQ(total_bytes(weights), Bytes{11});
  EXPECT_EQ(total_elements(weights), 1 + 0 + 6);
}

TEST(Safetensors, TheOrderOfTheJsonIsFree) {
  const std::string json = R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},
                               "a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})";
  const std::string header = safetensors_of(json);
  const StoredWeights weights = parse_safetensors(header, static_cast<std::int64_t>(header.size()) + 6);
  EXPECT_EQ(weights.tensors[0].name, "a");
}

TEST(Safetensors, NamesAreAnyText) {
  const std::string header =
      safetensors_of(R"({"a\"\u0007\u00e9":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}})");
  EXPECT_THAT(error_of(header, 1000), HasSubstr("'a\"?\xc3\xa9'"));
}

TEST(Safetensors, MissingDataAreAWarningWithTheirBytes) {
  const std::string header = two_tensors().header();
  const StoredWeights weights = parse_safetensors(header);
  EXPECT_EQ(total_bytes(weights), Bytes{96});
  EXPECT_THAT(warnings(weights), ElementsAre(HasSubstr("lacks 96 of its tensor data")));
  EXPECT_EQ(parse_safetensors(header + "0123456789").files[0].missing, Bytes{86});
}

TEST(Safetensors, MoreDataThanDeclaredIsRefused) {
  EXPECT_THAT(error_of(two_tensors().file() + "xy"), HasSubstr(": 2 bytes behind the last tensor"));
}

TEST(Safetensors, ALyingLengthIsRefusedBeforeAnythingIsAllocated) {
  EXPECT_THAT(error_of(bytes_of<std::uint64_t>(0xffffffffffffffffU) + "{}"),
              HasSubstr("18446744073709551615 bytes"));
  EXPECT_THAT(error_of(bytes_of<std::uint64_t>(100'000'001) + "{}"),
              HasSubstr("none may have more than 100000000"));
  EXPECT_THAT(error_of(bytes_of<std::uint64_t>(50'000'000) + "{}"),
              HasSubstr("byte 8: 50000000 bytes are needed here, and the file has 10"));
  EXPECT_THAT(error_of(bytes_of<std::uint64_t>(0)), HasSubstr("a JSON object is expected"));
  EXPECT_THAT(error_of("1234567"), HasSubstr("byte 0: 8 bytes are needed here, and the file has 7 in all"));
  EXPECT_THAT(error_of(""), HasSubstr("the file has 0 in all"));
}

TEST(Safetensors, EveryPlaceWhereAHeaderIsCutIsAnError) {
  const std::string header = two_tensors().header();
  for (std::size_t size = 0; size < header.size(); ++size) {
    EXPECT_THAT(error_of(header.substr(0, size)), StartsWith("cannot read 'x.safetensors' (byte "));
    if (size >= 8) error_of(safetensors_of(header.substr(8, size - 8)));
  }
}

TEST(Safetensors, OffsetsThatLieAreRefused) {
  const std::pair<const char*, const char*> faults[] = {
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
       "'b': its data begin at 2 of the data, and must at 4, where those before end (they overlap)"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[8,12]}})",
       "(there is a hole)"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[1,5]}})", "begin at 1 of the data, and must at 0"},
      {R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}})",
       "span 4 bytes, but type and shape make 16"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}})", "'a': data_offsets end before they begin"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[-4,0]}})", "data_offsets is -4"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}})", "must be two integers"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}})", "must be two integers"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,18446744073709551615]}})", "not as it must be"},
      {R"({"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}})",
       "beyond 64 bits"},
      {R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", "do not fit 64 bits"},
      {R"({"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,4]}})",
       "no whole bytes, or too many"},
      {R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", "3 elements of F4 are no whole bytes"},
  };
  for (const auto& [json, reason] : faults) EXPECT_THAT(error_of_json(json, 4), HasSubstr(reason)) << json;
}

TEST(Safetensors, WhatIsNoHeaderIsRefusedWithItsByte) {
  const std::pair<const char*, const char*> faults[] = {
      {R"({"a":{"shape":[4],"data_offsets":[0,4]}})", "'a': has no dtype"},
      {R"({"a":{"dtype":"U8","data_offsets":[0,4]}})", "'a': has no shape"},
      {R"({"a":{"dtype":"U8","shape":[4]}})", "'a': has no data_offsets"},
      {R"({"a":{"dtype":"Q9","shape":[4],"data_offsets":[0,4]}})", "'a': unknown dtype 'Q9'"},
      {R"({"a":{"dtype":8,"shape":[4],"data_offsets":[0,4]}})", "'a': not as it must be"},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "dtype stands there twice"},
      {R"({"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}})", "shape is -4 (must not be negative)"},
      {R"({"a":{"dtype":"U8","shape":[4.5],"data_offsets":[0,4]}})", "not as it must be"},
      {R"({"a":{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}})", "not as it must be"},
      {R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,4]}})", "more than 8 dimensions"},
      {R"({"a":[1]})", "'a': not as it must be"},
      {R"({"__metadata__":{"n":1}})", "'__metadata__': not as it must be"},
      {R"({"__metadata__":[]})", "'__metadata__': not as it must be"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}} {})", "behind the header's last brace"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}x)", "(byte "},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})", "(byte "},
      {R"({"a":{"dtype":"U8" "shape":[4],"data_offsets":[0,4]}})", "not as it must be"},
      {R"( {"a":1})", "byte 8: a JSON object is expected here"},
      {"[]", "byte 8: a JSON object is expected here"},
      {"{\"a\xff\":{}}", "no JSON: "},
  };
  for (const auto& [json, reason] : faults) EXPECT_THAT(error_of_json(json, 4), HasSubstr(reason)) << json;
}

TEST(Safetensors, NamesMustDiffer) {
  const char* json = R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
                         "a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})";
  EXPECT_THAT(error_of_json(json, 8), HasSubstr("'a' stands there twice"));
}

TEST(Safetensors, DeepNestingIsRefusedOrSkipped) {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  EXPECT_THAT(error_of_json("{\"a\":" + deep + "}"), HasSubstr("'a': not as it must be"));
  EXPECT_THAT(error_of_json(R"({"a":{"dtype":"U8","shape":)" + deep + R"(,"data_offsets":[0,4]}})"),
              HasSubstr("'a': not as it must be"));
  EXPECT_NO_THROW(parse_safetensors(
      safetensors_of(R"({"a":{"other":)" + deep + R"(,"dtype":"U8","shape":[4],"data_offsets":[0,4]}})")));
}

TEST(Safetensors, FilesThatAreNoneAreTheUsersMistake) {
  const ScratchFolder folder;
  const auto error = [](const fs::path& path) {
    return message_of<InputError>([&] { read_safetensors(path); });
  };
  EXPECT_THAT(error(folder.path() / "no.safetensors"), HasSubstr("no such file"));
  EXPECT_THAT(error(folder.path()), HasSubstr("neither model.safetensors nor model.safetensors.index.json"));
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error(folder.path() / "pipe"), HasSubstr("it is a pipe"));
  fs::create_symlink("nowhere", folder.path() / "model.safetensors");
  EXPECT_THAT(error(folder.path() / "model.safetensors"), HasSubstr("no such file"));
  if (::geteuid() == 0) return;  // root may read everything
  fs::permissions(folder.write("closed.safetensors", two_tensors().file()), fs::perms{});
  EXPECT_THAT(error(folder.path() / "closed.safetensors"), HasSubstr("Permission denied"));
}

TEST(Safetensors, ALinkIsFollowed) {
  const ScratchFolder folder;
  fs::create_symlink(folder.write("blob", two_tensors().file()), folder.path() / "model.safetensors");
  EXPECT_EQ(total_bytes(read_safetensors(folder.path())), Bytes{96});
}

TEST(Safetensors, ATerabyteOfHoleIsNotRead) {
  const ScratchFolder folder;
  SafetensorsWriter writer;
  writer.tensor("a", "U8", {std::int64_t{1} << 20, std::int64_t{1} << 20});
  const fs::path file = folder.write("model.safetensors", writer.header());
  const Bytes size{static_cast<std::int64_t>(fs::file_size(file)) + (std::int64_t{1} << 40)};
  if (!extend(file, size)) GTEST_SKIP() << "this file system makes no file of 1 TiB";
  const auto start = std::chrono::steady_clock::now();
  const StoredWeights weights = read_safetensors(file);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{1});
  EXPECT_EQ(total_bytes(weights), Bytes{std::int64_t{1} << 40});
  EXPECT_THAT(warnings(weights), IsEmpty());
}

TEST(Safetensors, AHundredThousandTensorsAreCounted) {
  SafetensorsWriter writer;
  for (int i = 0; i < 100'000; ++i) writer.tensor(fmt::format("model.layers.{}.weight", i), "BF16", {8, 4});
  const StoredWeights weights = parse_safetensors(writer.header());
  EXPECT_EQ(weights.tensors.size(), 100'000u);
  EXPECT_EQ(total_bytes(weights), Bytes{6'400'000});
}

}  // namespace
}  // namespace calibram
