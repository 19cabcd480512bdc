// SPDX-License-Identifier: MIT
// Control groups of both versions in a tree of plain files.
#include "bench/watch/control_group.hpp"

#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace calibram {
namespace {

using namespace literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

/// /proc/self and /sys/fs/cgroup of a machine that is not there.
class Tree {
 public:
  /// @param own  this process's group; @param root  what part of the hierarchy the mount shows
  void mount_version_2(const std::string& own, const std::string& root = "/") {
    folder_.write("cgroup", "0::" + own + "\n");
    folder_.write("mountinfo", "31 23 0:28 " + root + " " + mount().string() + " rw - cgroup2 cgroup2 rw\n");
    add("", "cgroup.controllers", "cpu memory pids");
  }

  void mount_version_1(const std::string& own) {
    folder_.write("cgroup", "8:pids:/x\n4:memory:" + own + "\n0::/\n");
    folder_.write("mountinfo", "31 23 0:28 / " + (folder_.path() / "elsewhere").string() +
                                   " rw - cgroup2 cgroup2 rw\n35 31 0:32 / " + mount().string() +
                                   " rw shared:9 - cgroup cgroup rw,memory\n");
  }

  /// A file of a group; the group is made if need be.
  void add(const std::string& group, const std::string& file, const std::string& content) const {
    fs::create_directories(mount() / group);
    std::ofstream{mount() / group / file} << content << "\n";
  }

  std::optional<ControlGroup> make() {
    return ControlGroup::make(folder_.path(), "calibram-watch-1", absence);
  }

  fs::path mount() const { return folder_.path() / "mount"; }

  std::string first_word(const std::string& file) const {
    std::string word;
    std::ifstream{mount() / file} >> word;
    return word;
  }

  std::string absence;

 private:
  ScratchFolder folder_;
};

TEST(ControlGroup, OfVersion1LiesBelowOurOwn) {
  Tree tree;
  tree.mount_version_1("/a/b");
  fs::create_directories(tree.mount() / "a/b");
  const auto group = tree.make();
  ASSERT_TRUE(group) << tree.absence;
  EXPECT_EQ(tree.absence, "");
  EXPECT_EQ(group->folder(), tree.mount() / "a/b/calibram-watch-1");
  tree.add("a/b/calibram-watch-1", "memory.max_usage_in_bytes", "104857600");
  tree.add("a/b/calibram-watch-1", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2");
  EXPECT_EQ(group->peak(), 100_MiB);
  EXPECT_EQ(group->counter(), "memory.max_usage_in_bytes");
  EXPECT_EQ(group->killed_for_memory(), 2);
}

TEST(ControlGroup, OfVersion2LiesBesideOurOwnWhereTheParentHandsMemoryDown) {
  Tree tree;
  tree.mount_version_2("/user/app/shell.scope");
  tree.add("user/app/shell.scope", "cgroup.subtree_control", "");
  tree.add("user/app", "cgroup.subtree_control", "memory pids");
  const auto group = tree.make();
  ASSERT_TRUE(group) << tree.absence;
  EXPECT_EQ(group->folder(), tree.mount() / "user/app/calibram-watch-1");
  tree.add("user/app/calibram-watch-1", "memory.peak", "2097152");
  tree.add("user/app/calibram-watch-1", "memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1");
  EXPECT_EQ(group->peak(), 2_MiB);
  EXPECT_EQ(group->counter(), "memory.peak");
  EXPECT_EQ(group->killed_for_memory(), 1);
}

TEST(ControlGroup, BesideOurOwnTheCommandHasTheSameLimits) {
  Tree tree;
  tree.mount_version_2("/job/step");
  tree.add("job", "cgroup.subtree_control", "cpu memory pids");
  tree.add("job/step", "memory.max", "1073741824");
  tree.add("job/step", "memory.high", "max");
  tree.add("job/step", "cpu.max", "max 100000");
  tree.add("job/step", "pids.max", "500");
  const auto group = tree.make();
  ASSERT_TRUE(group) << tree.absence;
  EXPECT_EQ(tree.first_word("job/calibram-watch-1/memory.max"), "1073741824");
  EXPECT_EQ(tree.first_word("job/calibram-watch-1/pids.max"), "500");
  EXPECT_FALSE(fs::exists(tree.mount() / "job/calibram-watch-1/memory.high")) << "no limit is none to copy";
  EXPECT_FALSE(fs::exists(tree.mount() / "job/calibram-watch-1/cpu.max"));
}

TEST(ControlGroup, WithoutMemoryBelowTheParentThereIsNoneAndAReason) {
  Tree tree;
  tree.mount_version_2("/user/session.scope");
  tree.add("user", "cgroup.subtree_control", "pids");
  tree.add("user/session.scope", "cgroup.subtree_control", "");
  EXPECT_FALSE(tree.make());
  EXPECT_THAT(tree.absence, HasSubstr("nor its parent hands the memory controller to its children"));
  EXPECT_FALSE(fs::exists(tree.mount() / "user/calibram-watch-1"));
}

TEST(ControlGroup, AMountThatDoesNotShowOurGroupIsOfNoUse) {
  Tree tree;
  tree.mount_version_2("/host/elsewhere", "/docker/abc");
  EXPECT_FALSE(tree.make());
  EXPECT_EQ(tree.absence, "no control group with the memory controller is mounted");
}

TEST(ControlGroup, AMountOfAPartShowsOurGroupBelowThatPart) {
  Tree tree;
  tree.mount_version_2("/docker/abc/job", "/docker/abc");
  tree.add("job", "cgroup.subtree_control", "memory");
  const auto group = tree.make();
  ASSERT_TRUE(group) << tree.absence;
  EXPECT_EQ(group->folder(), tree.mount() / "job/calibram-watch-1");
}

TEST(ControlGroup, WhereNoneIsMountedTheReasonSaysSo) {
  Tree tree;
  EXPECT_FALSE(tree.make());
  EXPECT_EQ(tree.absence, "no control group with the memory controller is mounted");
}

TEST(ControlGroup, AGroupThatCannotBeMadeIsAnAbsenceWithTheSystemsWords) {
  Tree tree;
  tree.mount_version_1("/a");
  tree.add("a/calibram-watch-1", "cgroup.procs", "");  // there already
  EXPECT_FALSE(tree.make());
  EXPECT_THAT(tree.absence, HasSubstr("a/calibram-watch-1: File exists"));
}

TEST(ControlGroup, AnOldKernelWithoutThePeakHasNone) {
  Tree tree;
  tree.mount_version_2("/job");
  tree.add("job", "cgroup.subtree_control", "memory");
  const auto group = tree.make();
  ASSERT_TRUE(group);
  EXPECT_FALSE(group->peak());
}

TEST(ControlGroup, GoesWithItsObjectAndLeftOversOfTheDeadGoToo) {
  Tree tree;
  tree.mount_version_1("/a");
  const fs::path own = tree.mount() / "a";
  fs::create_directories(own / "calibram-watch-999999999");                        // no such process
  fs::create_directories(own / ("calibram-watch-" + std::to_string(::getpid())));  // one that lives
  {
    const auto group = tree.make();
    ASSERT_TRUE(group);
    EXPECT_TRUE(fs::exists(own / "calibram-watch-1"));
    EXPECT_FALSE(fs::exists(own / "calibram-watch-999999999"));
    EXPECT_TRUE(fs::exists(own / ("calibram-watch-" + std::to_string(::getpid()))));
  }
  EXPECT_FALSE(fs::exists(own / "calibram-watch-1"));
}

}  // namespace
}  // namespace calibram
