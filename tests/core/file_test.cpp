// SPDX-License-Identifier: MIT
// Files: what is refused and how it is said, and that a write is whole or nothing.
#include "src/core/file.hpp"

#include "src/core/error.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace calibram {
namespace {

namespace fs = std::filesystem;
using namespace literals;
using testing::HasSubstr;

std::string read_error(const fs::path& file, Bytes limit = 1_MiB) {
  return message_of<InputError>([&] { read_file(file, limit); });
}

TEST(ReadFile, GivesEveryByte) {
  const ScratchFolder folder;
  const std::string content = std::string(200'000, 'a') + std::string(1, '\0') + "\r\n";
  EXPECT_EQ(read_file(folder.write("x", content), 1_MiB), content);
}

TEST(ReadFile, SaysWhatIsWrong) {
  const ScratchFolder folder;
  const std::string name = (folder.path() / "x").string();
  EXPECT_EQ(read_error(name), "cannot read '" + name + "' (no such file); check the path");
  EXPECT_THAT(read_error(folder.path()), HasSubstr("(it is a folder); name a regular file"));
  EXPECT_THAT(read_error("/dev/zero"), HasSubstr("(it is a device); name a regular file"));
}

TEST(ReadFile, APipeIsRefusedAndDoesNotBlock) {
  const ScratchFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(read_error(pipe), HasSubstr("(it is a pipe)"));
}

TEST(ReadFile, TheLimitIsTheLargestSizeThatIsRead) {
  const ScratchFolder folder;
  const fs::path file = folder.write("x", "0123456789");
  EXPECT_EQ(read_file(file, 10_B).size(), 10u);
  EXPECT_THAT(read_error(file, 9_B), HasSubstr("larger than the limit"));
}

TEST(ReadFile, AFileWithoutASizeIsReadToItsEnd) {
  if (!fs::exists("/proc/self/status")) GTEST_SKIP() << "no /proc here";
  EXPECT_THAT(read_file("/proc/self/status", 1_MiB), HasSubstr("VmHWM"));
  EXPECT_THAT(read_error("/proc/self/status", 10_B), HasSubstr("larger than the limit"));
}

TEST(WriteFile, ReplacesTheContentAndLeavesNothingElse) {
  const ScratchFolder folder;
  const fs::path file = folder.write("x", "much longer than what follows");
  write_file(file, "new");
  EXPECT_EQ(folder.read("x"), "new");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(WriteFile, KeepsThePermissionsOfWhatItReplaces) {
  const ScratchFolder folder;
  const fs::path file = folder.write("x", "");
  fs::permissions(file, fs::perms{0640});
  write_file(file, "new");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms{0640});
}

TEST(WriteFile, WritesThroughASymbolicLink) {
  const ScratchFolder folder;
  const fs::path file = folder.write("target", "old");
  fs::create_symlink(file, folder.path() / "link");
  write_file(folder.path() / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(folder.read("target"), "new");
}

TEST(WriteFile, APathThatNamesNoFileIsTheUsersMistake) {
  const ScratchFolder folder;
  const auto error = [](const fs::path& file) {
    return message_of<InputError>([&] { write_file(file, "x"); });
  };
  EXPECT_THAT(error(folder.path()), HasSubstr("(it names a folder); name a file in it"));
  EXPECT_THAT(error(folder.path() / ""), HasSubstr("(it names a folder)"));
  EXPECT_THAT(error(folder.path() / "no" / "x"), HasSubstr("create it first"));
}

TEST(WriteFile, AFullDeviceIsAFailureWithARemedy) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  try {
    write_file("/dev/full", "x");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_status(), 1);
    EXPECT_STREQ(error.what(),
                 "cannot write '/dev/full' (No space left on device); free some space, or write to "
                 "another folder");
  }
}

TEST(WriteFile, AFolderThatTakesNoFilesIsNotSaidToBeMissing) {
  if (!fs::exists("/proc/self")) GTEST_SKIP() << "no /proc here";
  EXPECT_EQ(message_of<Error>([] { write_file("/proc/x.csv", "x"); }),
            "cannot write '/proc/x.csv' (no file can be made there); write to another folder");
}

TEST(WriteFile, ADeviceIsWrittenAndNotReplaced) {
  write_file("/dev/null", "x");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(WriteFile, AnUnwritableFolderIsAFailureWithItsPath) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const ScratchFolder folder;
  fs::permissions(folder.path(), fs::perms{0500});
  const std::string error = message_of<Error>([&] { write_file(folder.path() / "x", "x"); });
  fs::permissions(folder.path(), fs::perms{0700});
  EXPECT_THAT(error, HasSubstr((folder.path() / "x").string() + "' (Permission denied); make"));
}

}  // namespace
}  // namespace calibram
