// SPDX-License-Identifier: MIT
// Models in several GGUF files: any one leads to all, and what is missing is named.
#include "src/model/gguf/gguf.hpp"

#include "src/core/error.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint32_t fp32_type = 0;

/// Three files of one model.
class Splits : public testing::Test {
 protected:
  fs::path path(int number) const { return folder_.path() / fmt::format("m-{:05}-of-00003.gguf", number); }
  void write(int number, const std::string& tensor, int number_inside, int tensors = 2, int count = 3) const {
    GgufWriter writer;
    if (number == 1) writer.text("general.architecture", "llama");
    writer.number("split.no", GgufType::u16, static_cast<std::uint16_t>(number_inside));
    writer.number("split.count", GgufType::u16, static_cast<std::uint16_t>(count));
    writer.number("split.tensors.count", GgufType::i32, tensors);
    if (!tensor.empty()) writer.tensor(tensor, {4}, fp32_type);
    folder_.write(path(number).filename().string(), writer.file());
  }
  void write_all() const {
    write(1, "", 0);
    write(2, "b", 1);
    write(3, "c", 2);
  }
  std::string error(int number = 1) const {
    return message_of<InputError>([&] { read_gguf(path(number)); });
  }

  ScratchFolder folder_;
};

TEST_F(Splits, AnyOneLeadsToAll) {
  write_all();
  for (const int number : {1, 2, 3}) {
    const Gguf model = read_gguf(path(number));
    EXPECT_EQ(total_bytes(model.weights), Bytes{32});
    EXPECT_EQ(model.weights.files.size(), 3u);
    EXPECT_EQ(model.weights.tensors[1].file, 2u);
    EXPECT_EQ(model.metadata.text("general.architecture"), "llama");
    EXPECT_THAT(warnings(model.weights), IsEmpty());
  }
}

TEST_F(Splits, MissingOnesAreNamedAndTheRestIsCounted) {
  write_all();
  fs::remove(path(2));
  const Gguf model = read_gguf(path(3));
  EXPECT_EQ(total_bytes(model.weights), Bytes{16});
  EXPECT_EQ(model.metadata.text("general.architecture"), "llama");
  EXPECT_THAT(
      warnings(model.weights),
      ElementsAre("1 of 3 files are missing: 'm-00002-of-00003.gguf'; their tensors are not counted (1 of 2 "
                  "tensors are)"));
}

TEST_F(Splits, ContradictionsAreRefused) {
  write_all();
  write(2, "b", 2);
  EXPECT_THAT(error(), HasSubstr("its name says file 2 of 3, its metadata 3 of 3"));
  write(2, "c", 1);
  EXPECT_THAT(error(), HasSubstr("two of its files have the tensor 'c'"));
  write(2, "", 1);
  EXPECT_THAT(error(), HasSubstr("its files have 1 tensors, and split.tensors.count is 2"));
  write(1, "", 3);
  EXPECT_THAT(error(), HasSubstr("split.no is 3 and split.count 3"));
}

TEST_F(Splits, ARenamedFileIsSaidToBeOne) {
  write_all();
  fs::rename(path(2), folder_.path() / "other.gguf");
  EXPECT_THAT(message_of<InputError>([&] { read_gguf(folder_.path() / "other.gguf"); }),
              HasSubstr("it is file 2 of 3, and its name does not end in -00002-of-00003.gguf"));
}

}  // namespace
}  // namespace calibram
