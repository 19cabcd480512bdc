// SPDX-License-Identifier: MIT
// Reading a binary file's start: every byte in its order, and nothing behind the end or the limit.
#include "src/core/byte_reader.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;

/// Half a million bytes that repeat after 251.
std::string content() {
  std::string bytes(500'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i % 251);
  return bytes;
}

TEST(ByteReader, GivesEveryByteWhateverThePieces) {
  const ScratchFolder folder;
  const std::string bytes = content();
  ByteReader reader{folder.write("x", bytes), 1_MiB};
  std::string read;
  for (std::int64_t piece = 1; reader.remaining() > 0; piece = piece * 7 % 99'991) {
    const std::int64_t count = std::min(piece, reader.remaining());
    if (piece % 3 == 0) {
      std::string copy(static_cast<std::size_t>(count), ' ');
      reader.copy(copy);
      read += copy;
    } else {
      read += reader.take(count);
    }
    EXPECT_EQ(reader.position(), static_cast<std::int64_t>(read.size()));
  }
  EXPECT_TRUE(read == bytes);
}

TEST(ByteReader, SkipsWithinAndBeyondWhatIsBuffered) {
  const ScratchFolder folder;
  const std::string bytes = content();
  ByteReader reader{folder.write("x", bytes), 1_MiB};
  EXPECT_EQ(reader.take(1), bytes.substr(0, 1));
  reader.skip(9);
  EXPECT_EQ(reader.take(5), bytes.substr(10, 5));
  reader.skip(400'000);
  EXPECT_EQ(reader.take(5), bytes.substr(400'015, 5));
}

TEST(ByteReader, NumbersAreLittleEndian) {
  ByteReader reader{std::string_view{"\x01\x02\x00\x00\xff\xff\x00\x00\x80\x3f", 10}, 10_B, "x", 1_MiB};
  EXPECT_EQ(reader.number<std::uint32_t>(), 0x201u);
  EXPECT_EQ(reader.number<std::int16_t>(), -1);
  EXPECT_EQ(reader.number<float>(), 1.0F);
}

TEST(ByteReader, TheEndAndTheLimitAreToldApart) {
  const ScratchFolder folder;
  ByteReader reader{folder.write("x", "0123456789"), 8_B};
  reader.skip(6);
  EXPECT_EQ(reader.remaining(), 2);
  EXPECT_THAT(message_of<InputError>([&] { reader.number<std::uint64_t>(); }),
              HasSubstr("byte 6: 8 bytes are needed here, and the file has 10 in all"));
  EXPECT_THAT(message_of<InputError>([&] { reader.number<std::uint32_t>(); }),
              HasSubstr("no header may be larger than 8 bytes"));
  EXPECT_THAT(message_of<InputError>([&] { reader.skip(highest_integer); }),
              HasSubstr("the file has 10 in all"));
}

TEST(ByteReader, AStartThatIsTooShortSaysHowMuchIsNeeded) {
  ByteReader reader{"0123", 100_B, "x", 1_MiB};
  std::string target(10, ' ');
  EXPECT_THAT(message_of<InputError>([&] { reader.copy(target); }),
              HasSubstr("byte 4: the first 4 bytes are there, and at least 10 are needed"));
  EXPECT_THAT(message_of<InputError>([&] { reader.take(1); }), HasSubstr("at least 5 are needed"));
  reader.skip(50);
  EXPECT_THAT(message_of<InputError>([&] { reader.take(8); }), HasSubstr("at least 62 are needed"));
}

TEST(ByteReader, AFileThatIsShorterThanItWasSaidToBeIsAnError) {
  const ScratchFolder folder;
  const std::filesystem::path file = folder.write("x", content());
  ByteReader cut{file, 1_MiB};
  std::filesystem::resize_file(file, 10);
  EXPECT_THAT(message_of<InputError>([&] { cut.take(20); }), HasSubstr("byte 10: the file ends here"));
}

}  // namespace
}  // namespace calibram
