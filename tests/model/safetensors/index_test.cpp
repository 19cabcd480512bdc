// SPDX-License-Identifier: MIT
// Models in several safetensors files: what the index lists, what is missing, and what contradicts it.
#include "src/model/safetensors/safetensors.hpp"

#include "src/core/error.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

/// A folder with an index of two shards.
class Shards : public testing::Test {
 protected:
  static constexpr const char* index_name = "model.safetensors.index.json";

  void write_index(std::string_view json) const { folder_.write(index_name, json); }
  void write_both() const {
    write_index(R"({"metadata":{"total_size":96.0,"more":[]},"weight_map":{"model.norm":"2.safetensors",
                    "model.embed":"1.safetensors"}})");
    folder_.write("1.safetensors", SafetensorsWriter{}.tensor("model.embed", "BF16", {10, 4}).file());
    folder_.write("2.safetensors", SafetensorsWriter{}.tensor("model.norm", "F32", {4}).file());
  }
  StoredWeights read() const { return read_safetensors(folder_.path()); }
  std::string error() const {
    return message_of<InputError>([&] { read(); });
  }

  ScratchFolder folder_;
};

TEST_F(Shards, AreReadByTheIndex) {
  write_both();
  const StoredWeights weights = read();
  EXPECT_EQ(total_bytes(weights), Bytes{96});
  EXPECT_EQ(weights.declared_bytes, Bytes{96});
  EXPECT_EQ(weights.tensors[1].file, 1u);
  EXPECT_EQ(weights.files[1].path, folder_.path() / "2.safetensors");
  EXPECT_THAT(warnings(weights), IsEmpty());
}

TEST_F(Shards, OneFileIsTakenBeforeAnIndexAsInTransformers) {
  write_both();
  folder_.write("model.safetensors", SafetensorsWriter{}.tensor("x", "U8", {1}).file());
  EXPECT_EQ(total_bytes(read()), Bytes{1});
}

TEST_F(Shards, MissingOnesAreNamedAndTheRestIsCounted) {
  write_both();
  fs::remove(folder_.path() / "1.safetensors");
  const StoredWeights weights = read();
  EXPECT_EQ(total_bytes(weights), Bytes{16});
  EXPECT_THAT(
      warnings(weights),
      ElementsAre("1 of 2 files are missing: '1.safetensors'; their tensors are not counted (16 of 96 bytes "
                  "are) (1 of 2 tensors are)"));
}

TEST_F(Shards, TheIndexAndTheFilesMayDisagreeAndItIsSaid) {
  write_both();
  folder_.write("2.safetensors", SafetensorsWriter{}.tensor("model.other", "F32", {4}).file());
  EXPECT_THAT(warnings(read()),
              ElementsAre(HasSubstr("lists 1 tensors that their files do not have: 'model.norm'"),
                          HasSubstr("have 1 tensors that the index does not list: 'model.other'")));
}

TEST_F(Shards, ATensorInTwoFilesIsRefused) {
  write_both();
  folder_.write("2.safetensors", SafetensorsWriter{}.tensor("model.embed", "F32", {4}).file());
  EXPECT_THAT(error(), HasSubstr("two files have the tensor 'model.embed'"));
}

TEST_F(Shards, NamesThatLeaveTheFolderAreRefused) {
  for (const char* name : {"../1.safetensors", "/etc/passwd", "a/b", "..", ".", "", "a\\u0000b"}) {
    write_index(fmt::format(R"({{"weight_map":{{"t":"{}"}}}})", name));
    EXPECT_THAT(error(),
                AllOf(HasSubstr("must be the name of a file beside the index"), HasSubstr("(byte ")));
  }
}

TEST_F(Shards, AShardThatIsNoFileIsNamed) {
  write_both();
  fs::remove(folder_.path() / "1.safetensors");
  fs::create_directory(folder_.path() / "1.safetensors");
  EXPECT_THAT(error(), AllOf(HasSubstr("1.safetensors"), HasSubstr("it is a folder")));
}

TEST_F(Shards, AnIndexThatIsNoneIsRefused) {
  const std::pair<const char*, const char*> faults[] = {
      {"{}", "has no weight_map"},
      {"[]", "a JSON object is expected here"},
      {R"({"weight_map":[]})", "'weight_map': not as it must be"},
      {R"({"weight_map":{"a":1}})", "'weight_map': not as it must be"},
      {R"({"weight_map":{"a":"b")", "(byte "},
      {"", "a JSON object is expected here"},
  };
  for (const auto& [json, reason] : faults) {
    write_index(json);
    EXPECT_THAT(error(),
                AllOf(HasSubstr(index_name), HasSubstr(reason), EndsWith("; download or convert it again")));
  }
}

TEST_F(Shards, AnAbsurdNumberOfFilesIsRefused) {
  std::string map;
  for (int i = 0; i <= 10'000; ++i) map += fmt::format(R"({}"t{}":"s{}")", i == 0 ? "" : ",", i, i);
  write_index(R"({"weight_map":{)" + map + "}}");
  EXPECT_THAT(error(), HasSubstr("more than 10000 files"));
}

}  // namespace
}  // namespace calibram
