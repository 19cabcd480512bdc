// SPDX-License-Identifier: MIT
// What the server has of the page: all that the page asks for, nothing of others, and no other file.
#include "bench/app/serve/page_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <regex>
#include <string>

namespace calibram {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

bool is_ours(const PageFile& file) { return file.path != "/chart.js" && file.path != "/licences.txt"; }

TEST(PageFiles, EveryFileThatOneNamesIsThere) {
  const std::regex named{R"((?:from |src=|href=|import\()['"](/[a-z_]+\.[a-z]+)['"])"};
  int found = 0;
  for (const PageFile& file : page_files()) {
    if (!is_ours(file)) continue;
    const std::string text{file.bytes};
    for (std::sregex_iterator name{text.begin(), text.end(), named}, end; name != end; ++name, ++found)
      EXPECT_NE(find_page_file((*name)[1].str()), nullptr) << file.path << " names " << (*name)[1];
  }
  EXPECT_GT(found, 60);
}

TEST(PageFiles, EachIsWhatItsTypeSays) {
  ASSERT_NE(find_page_file("/"), nullptr);
  EXPECT_THAT(std::string{find_page_file("/")->bytes}, StartsWith("<!DOCTYPE html>"));
  for (const PageFile& file : page_files()) {
    EXPECT_FALSE(file.bytes.empty()) << file.path;
    const std::string_view type = file.path == "/"              ? "text/html"
                                  : file.path.ends_with(".js")  ? "text/javascript"
                                  : file.path.ends_with(".css") ? "text/css"
                                                                : "text/plain";
    EXPECT_THAT(std::string{file.content_type}, StartsWith(std::string{type})) << file.path;
  }
}

TEST(PageFiles, NothingElseCanBeRead) {
  for (const char* path : {"", "page.css", "/page.html", "/../page.css", "//page.css", "/page.css/",
                           "/PAGE.CSS", "/etc/passwd", "/page.css%00"})
    EXPECT_EQ(find_page_file(path), nullptr) << path;
}

TEST(PageFiles, OursNameNoOtherServer) {
  for (const PageFile& file : page_files()) {
    if (!is_ours(file)) continue;
    EXPECT_THAT(std::string{file.bytes}, Not(HasSubstr("://"))) << file.path;
    EXPECT_THAT(std::string{file.bytes}, Not(HasSubstr("innerHTML")))
        << file.path << " must not make markup of texts";
  }
}

}  // namespace
}  // namespace calibram
