// SPDX-License-Identifier: MIT
// The files of the calculator's page, which the build puts into the program.
#pragma once

#include <span>
#include <string_view>

namespace calibram {

struct PageFile {
  std::string_view path;  ///< as a browser asks for it: "/page.css"
  std::string_view content_type;
  std::string_view bytes;
};

/// All of them, the page itself as "/".
std::span<const PageFile> page_files();

/// Nothing for a path that is no file of the page: nothing else can be read through the server.
const PageFile* find_page_file(std::string_view path);

}  // namespace calibram
