// SPDX-License-Identifier: MIT
// GGUF headers: metadata and tensors of good files, and every way in which a file may lie.
#include "src/model/gguf/gguf.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "tests/support/headers.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/shared_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::uint32_t f32 = 0, q8_0 = 8, q4_k = 12;

std::string error_of(std::string_view start, std::optional<std::int64_t> size = {}) {
  return message_of<InputError>([&] { parse_gguf(start, size); });
}
std::string error_of(const GgufWriter& writer) { return error_of(writer.header()); }

GgufWriter small() {
  GgufWriter writer;
  writer.text("general.architecture", "llama").number("llama.block_count", GgufType::u32, 2U);
  writer.tensor("token_embd.weight", {64, 10}, q8_0).tensor("output_norm.weight", {4}, f32);
  writer.tensor("output.weight", {256, 10}, q4_k);
  return writer;
}

TEST(Gguf, TensorsAreAsDeclaredOutermostDimensionFirst) {
  const std::string file = small().file();
  const Gguf model = parse_gguf(file);
  ASSERT_EQ(model.weights.tensors.size(), 3u);
  const StoredTensor& embedding = model.weights.tensors[0];
  EXPECT_EQ(embedding.name, "token_embd.weight");
  EXPECT_EQ(embedding.type->name, "Q8_0");
  EXPECT_THAT(embedding.shape, ElementsAre(10, 64));
  EXPECT_EQ(embedding.bytes, Bytes{10 * 68});
  // 680 bytes are followed by the next multiple of 32, 704; 16 more by 736.
  EXPECT_EQ(model.weights.tensors[2].offset, static_cast<std::int64_t>(file.size()) - 1440);
  EXPECT_EQ(total_bytes(model.weights), Bytes{680 + 16 + 1440});
  EXPECT_EQ(total_elements(model.weights), 640 + 4 + 2560);
  EXPECT_THAT(warnings(model.weights), IsEmpty());
}

TEST(Gguf, Version2IsTheSame) {
  GgufWriter writer{2};
  writer.tensor("a", {4}, f32);
  EXPECT_EQ(total_bytes(parse_gguf(writer.file()).weights), Bytes{16});
}

TEST(Gguf, TheAlignmentIsTheFiles) {
  GgufWriter writer;
  writer.align(128).tensor("a", {1}, f32).tensor("b", {1}, f32);
  const Gguf model = parse_gguf(writer.file());
  EXPECT_EQ(model.weights.tensors[1].offset - model.weights.tensors[0].offset, 128);
  EXPECT_EQ(model.weights.files[0].header.count() % 128, 0);
}

TEST(Gguf, MissingDataAreAWarningWithTheirBytes) {
  const std::string header = small().header();
  const Gguf model = parse_gguf(header);
  EXPECT_EQ(total_bytes(model.weights), Bytes{680 + 16 + 1440});
  EXPECT_THAT(warnings(model.weights), ElementsAre(HasSubstr("lacks 2176 of its tensor data")));
  EXPECT_EQ(parse_gguf(header + "0123456789").weights.files[0].missing, Bytes{2166});
}

TEST(Gguf, WhatFollowsTheLastTensorIsIgnoredAsByGgml) {
  EXPECT_THAT(warnings(parse_gguf(small().file() + "padding").weights), IsEmpty());
}

TEST(Gguf, AFileWithoutTensorsHasNoDataToMiss) {
  GgufWriter writer;
  writer.text("a", "b");
  EXPECT_THAT(warnings(parse_gguf(writer.header()).weights), IsEmpty());
}

TEST(Gguf, OtherFilesAndVersionsAreRefused) {
  EXPECT_THAT(error_of("ggjt" + std::string(20, '\0')),
              HasSubstr("byte 0: no GGUF file: it begins with 'ggjt'"));
  EXPECT_THAT(error_of(std::string(24, '\0')), HasSubstr("no GGUF file"));
  EXPECT_THAT(error_of(GgufWriter{1}), HasSubstr("byte 4: GGUF version 1; versions 2 and 3 are read"));
  EXPECT_THAT(error_of(GgufWriter{0}), HasSubstr("GGUF version 0"));
  EXPECT_THAT(error_of(GgufWriter{4}), HasSubstr("GGUF version 4"));
  EXPECT_THAT(error_of(GgufWriter{0x03000000}), HasSubstr("a big-endian file, version 3"));
}

TEST(Gguf, EveryPlaceWhereAHeaderIsCutIsAnError) {
  GgufWriter writer = small();
  writer.texts("texts", {"a", "bc"}).array<std::int16_t>("list", GgufType::i16, {1, 2, 3});
  const std::string header = writer.header();
  const std::size_t last = header.find("output.weight") + 13 + 4 + 16 + 4 + 8;
  for (std::size_t size = 0; size < last; ++size)
    EXPECT_THAT(error_of(header.substr(0, size)), StartsWith("cannot read 'x.gguf' (byte ")) << size;
  EXPECT_NO_THROW(parse_gguf(header.substr(0, last)));
}

TEST(Gguf, CountsThatLieAreRefusedBeforeAnythingIsAllocated) {
  const std::int64_t terabyte = std::int64_t{1} << 40;
  for (const std::uint64_t count : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1'000'001}}) {
    EXPECT_THAT(error_of(small().claim_tensors(count).header(), terabyte), HasSubstr("byte 8: "));
    EXPECT_THAT(error_of(small().claim_values(count).header(), terabyte), HasSubstr("byte 16: "));
  }
  EXPECT_THAT(error_of(small().claim_tensors(900'000)),
              HasSubstr("the list of tensors is said to have 900000"));
  EXPECT_THAT(error_of(small().claim_tensors(4)), HasSubstr("(byte "));
  EXPECT_THAT(error_of(small().claim_values(90'000)), HasSubstr("the metadata is said to have 90000"));
}

TEST(Gguf, KeysAndNamesMustDifferAndNotBeEmpty) {
  EXPECT_THAT(error_of(GgufWriter{}.text("a", "x").text("b", "x").text("a", "y")),
              HasSubstr("x.gguf: a at byte 68 is a text (must not stand there twice)"));
  EXPECT_THAT(error_of(GgufWriter{}.text("", "x")), HasSubstr("the key is empty"));
  EXPECT_THAT(error_of(GgufWriter{}.tensor("a", {1}, f32).tensor("b", {1}, f32).tensor("a", {1}, f32)),
              HasSubstr("the tensor 'a' stands there twice"));
  EXPECT_THAT(error_of(GgufWriter{}.tensor("", {1}, f32)), HasSubstr("the tensor name is empty"));
  EXPECT_THAT(error_of(GgufWriter{}.tensor(std::string(1024, 'x'), {1}, f32)),
              HasSubstr("a tensor name of 1024"));
}

TEST(Gguf, TensorsThatCannotBeAreRefused) {
  const auto with = [](const std::vector<std::int64_t>& dimensions, std::uint32_t type,
                       std::uint64_t offset = 0) {
    return error_of(GgufWriter{}.tensor_at("t\x1b", dimensions, type, offset));
  };
  EXPECT_THAT(with({1, 1, 1, 1, 1}, f32), HasSubstr("'t?' has 5 dimensions; ggml knows 4"));
  EXPECT_THAT(with({0}, f32), HasSubstr("has a dimension of 0"));
  EXPECT_THAT(with({4, -1}, f32), HasSubstr("has a dimension of -1"));
  EXPECT_THAT(with({highest_integer, 3}, f32), HasSubstr("elements do not fit 64 bits"));
  EXPECT_THAT(with({highest_integer}, f32), HasSubstr("bytes do not fit 64 bits"));
  EXPECT_THAT(with({std::int64_t{1} << 60}, f32), HasSubstr("its data end beyond 2^62"));
  EXPECT_THAT(with({100, 256}, q4_k), HasSubstr("100 elements in a row are no multiple of Q4_K's 256"));
  EXPECT_THAT(with({4}, 4), HasSubstr("has the unknown type 4"));
  EXPECT_THAT(with({4}, 0xffffffff), HasSubstr("has the unknown type 4294967295"));
}

TEST(Gguf, OffsetsThatLieAreRefused) {
  for (const std::uint64_t offset : {0ULL, 16ULL, 31ULL, 64ULL, ~0ULL, 1ULL << 63}) {
    GgufWriter writer;
    writer.tensor("a", {4}, f32).tensor_at("b", {4}, f32, offset);
    EXPECT_THAT(error_of(writer),
                HasSubstr(fmt::format("'b': its data begin at {} of the data, and must at 32", offset)));
  }
}

TEST(Gguf, TheAlignmentMustBeAPowerOfTwo) {
  for (const std::uint32_t alignment : {0U, 3U, 48U})
    EXPECT_THAT(error_of(GgufWriter{}.number("general.alignment", GgufType::u32, alignment)),
                HasSubstr(fmt::format("general.alignment is {} (must be a power of two)", alignment)));
  EXPECT_THAT(error_of(GgufWriter{}.text("general.alignment", "32")), HasSubstr("must be an integer"));
}

TEST(Gguf, AHundredThousandTensorsAreCounted) {
  GgufWriter writer;
  for (int i = 0; i < 100'000; ++i) writer.tensor(fmt::format("blk.{}.weight", i), {32, 2}, q8_0);
  EXPECT_EQ(total_bytes(parse_gguf(writer.header()).weights), Bytes{6'800'000});
}

TEST(Gguf, ATerabyteOfHoleIsNotRead) {
  const ScratchFolder folder;
  GgufWriter writer;
  writer.tensor("a", {std::int64_t{1} << 19, std::int64_t{1} << 19}, f32);
  const fs::path file = folder.write("x.gguf", writer.header());
  const Bytes size{static_cast<std::int64_t>(fs::file_size(file)) + (std::int64_t{1} << 40)};
  if (!extend(file, size)) GTEST_SKIP() << "this file system makes no file of 1 TiB";
  const auto start = std::chrono::steady_clock::now();
  const Gguf model = read_gguf(file);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{1});
  EXPECT_EQ(total_bytes(model.weights), Bytes{std::int64_t{1} << 40});
  EXPECT_THAT(warnings(model.weights), IsEmpty());
}

TEST(Gguf, FilesThatAreNoneAreTheUsersMistake) {
  const ScratchFolder folder;
  const auto error = [](const fs::path& path) { return message_of<InputError>([&] { read_gguf(path); }); };
  EXPECT_THAT(error(folder.path() / "no.gguf"), HasSubstr("no such file"));
  EXPECT_THAT(error(folder.path()), HasSubstr("it is a folder"));
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error(folder.path() / "pipe"), HasSubstr("it is a pipe"));
  if (::geteuid() == 0) return;  // root may read everything
  fs::permissions(folder.write("closed.gguf", small().file()), fs::perms{});
  EXPECT_THAT(error(folder.path() / "closed.gguf"), HasSubstr("Permission denied"));
}

/// The bytes of each model's tensors, as llama.cpp itself gave them when it loaded these files
/// (llamacpp_cpu.csv, metric "weights").
TEST(Gguf, RealHeadersHaveTheBytesThatLlamaCppAllocates) {
  const fs::path folder = shared_data() / "gguf";
  if (!fs::exists(folder)) GTEST_SKIP() << "no " << folder;
  const std::pair<const char*, std::int64_t> published[] = {
      {"deepseek2-lite-8e-Q8_0.gguf", 3303880704}, {"gemma2-2b-8l-Q8_0.gguf", 1288774656},
      {"gemma3-1b-Q8_0.gguf", 1062773248},         {"llama3.2-1b-Q8_0.gguf", 1313251456},
      {"mixtral-12l8e-Q8_0.gguf", 1226575872},     {"qwen2-0.5b-Q8_0.gguf", 525120000},
      {"qwen2moe-6l16e-Q8_0.gguf", 1872240640},    {"qwen3-0.6b-Q8_0.gguf", 633495552}};
  for (const auto& [name, bytes] : published) {
    const Gguf model = read_gguf(folder / name);
    EXPECT_EQ(total_bytes(model.weights), Bytes{bytes}) << name;
    EXPECT_THAT(warnings(model.weights),
                ElementsAre(AllOf(HasSubstr(name), HasSubstr("of its tensor data"))));
    const std::string architecture = model.metadata.text("general.architecture").value();
    const std::int64_t layers = model.metadata.integer(architecture + ".block_count").value();
    const std::string last = fmt::format("blk.{}.", layers - 1), none = fmt::format("blk.{}.", layers);
    const auto has = [&](const std::string& prefix) {
      return std::ranges::any_of(model.weights.tensors,
                                 [&](const StoredTensor& tensor) { return tensor.name.starts_with(prefix); });
    };
    EXPECT_TRUE(has(last) && !has(none)) << name;
  }
}

}  // namespace
}  // namespace calibram
