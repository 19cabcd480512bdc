// SPDX-License-Identifier: MIT
// Growing files: resuming after a power cut, a full disk, and files that are not ours.
#include "src/core/line_appender.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using namespace literals;
using testing::HasSubstr;

/// Lets files grow to `size` bytes at most: the nearest thing to a full disk that a test can have.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) : before_{std::signal(SIGXFSZ, SIG_IGN)} {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit narrow{size, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &narrow);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  rlimit limit_{};
  void (*before_)(int);
};

TEST(LineAppender, ANewFileBeginsWithItsFirstLine) {
  const ScratchFolder folder;
  auto appender = LineAppender::create(folder.path() / "x.csv", "a,b");
  EXPECT_EQ(folder.read("x.csv"), "a,b\n");
  appender.append("1,2");
  EXPECT_EQ(folder.read("x.csv"), "a,b\n1,2\n") << "each line is in the file when append returns";
}

TEST(LineAppender, MeasurementsAreNotOverwritten) {
  const ScratchFolder folder;
  const fs::path file = folder.write("x.csv", "a,b\n1,2\n");
  const std::string error = message_of<InputError>([&] { LineAppender::create(file, "a,b"); });
  EXPECT_THAT(error, HasSubstr("go on with it by --resume, or name another file"));
  EXPECT_EQ(folder.read("x.csv"), "a,b\n1,2\n");
}

TEST(LineAppender, ResumeGoesOnBehindTheLastLine) {
  const ScratchFolder folder;
  auto appender = LineAppender::resume(folder.write("x.csv", "a,b\n1,2\n"), "a,b");
  EXPECT_EQ(appender.dropped(), 0_B);
  appender.append("3,4");
  EXPECT_EQ(folder.read("x.csv"), "a,b\n1,2\n3,4\n");
}

TEST(LineAppender, ResumeCutsOffHalfALineAndSaysHowMuch) {
  const ScratchFolder folder;
  auto appender = LineAppender::resume(folder.write("x.csv", "a,b\n1,2\n3,"), "a,b");
  EXPECT_EQ(appender.dropped(), 2_B);
  EXPECT_EQ(folder.read("x.csv"), "a,b\n1,2\n");
  appender.append("3,4");
  EXPECT_EQ(folder.read("x.csv"), "a,b\n1,2\n3,4\n");
}

TEST(LineAppender, ResumeOfHalfAHeaderBeginsAgain) {
  const ScratchFolder folder;
  EXPECT_EQ(LineAppender::resume(folder.write("x.csv", "a,"), "a,b").dropped(), 2_B);
  EXPECT_EQ(folder.read("x.csv"), "a,b\n");
  EXPECT_EQ(LineAppender::resume(folder.path() / "new.csv", "a,b").dropped(), 0_B);
  EXPECT_EQ(folder.read("new.csv"), "a,b\n");
}

TEST(LineAppender, AFileThatIsNotOursStaysAsItIs) {
  const ScratchFolder folder;
  const fs::path other = folder.write("profile.json", "{\"schema\":1}");
  const std::string error = message_of<InputError>([&] { LineAppender::resume(other, "a,b"); });
  EXPECT_THAT(error, HasSubstr("its first line is not the one that this version writes"));
  EXPECT_EQ(folder.read("profile.json"), "{\"schema\":1}");
  EXPECT_THROW(LineAppender::resume(folder.write("wider.csv", "a,b,c\n"), "a,b"), InputError);
  EXPECT_THROW(LineAppender::create(folder.path(), "a,b"), InputError);
  EXPECT_THROW(LineAppender::create("/dev/null", "a,b"), InputError);
  EXPECT_THROW(LineAppender::create(folder.path() / "no" / "x.csv", "a,b"), InputError);
}

TEST(LineAppender, AFullDiskLeavesTheFileAtItsLastWholeLine) {
  const ScratchFolder folder;
  auto appender = LineAppender::create(folder.path() / "x.csv", "a,b");
  {
    const FileSizeLimit limit{8};
    appender.append("1,2");
    const std::string error = message_of<Error>([&] { appender.append("3,4"); });
    EXPECT_THAT(error, HasSubstr("free some space"));
    const std::string again = message_of<Error>([&] { appender.append("3,4"); });
    EXPECT_THAT(again, HasSubstr("free some space"));
  }
  EXPECT_EQ(folder.read("x.csv"), "a,b\n1,2\n");
  appender.append("3,4");
  EXPECT_EQ(folder.read("x.csv"), "a,b\n1,2\n3,4\n") << "once there is room it goes on";
}

TEST(LineAppender, APartlyWrittenLineIsTakenBack) {
  const ScratchFolder folder;
  auto appender = LineAppender::create(folder.path() / "x.csv", "a,b");
  {
    const FileSizeLimit limit{6};
    EXPECT_THROW(appender.append("1,2"), Error);
  }
  EXPECT_EQ(folder.read("x.csv"), "a,b\n");
}

TEST(LineAppender, OneProcessWritesAtATime) {
  const ScratchFolder folder;
  const auto first = LineAppender::create(folder.path() / "x.csv", "a,b");
  const std::string error = message_of<Error>([&] { LineAppender::resume(folder.path() / "x.csv", "a,b"); });
  EXPECT_THAT(error, HasSubstr("another process is writing to it"));
}

TEST(LineAppender, ALineHoldsNoLineEnd) {
  const ScratchFolder folder;
  auto appender = LineAppender::create(folder.path() / "x.csv", "a,b");
  EXPECT_THROW(appender.append("1,\"2\n3\""), Error);
  EXPECT_EQ(folder.read("x.csv"), "a,b\n");
}

}  // namespace
}  // namespace calibram
