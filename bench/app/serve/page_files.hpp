// SPDX-License-Identifier: MIT
// The files of the calculator's page, which are part of the program.
#pragma once

#include <string_view>

namespace calibram {

struct PageFile {
  std::string_view content_type;
  std::string_view bytes;
};

/// By its path, "/" or "/page.css", say. Null for none.
const PageFile* find_page_file(std::string_view path);

}  // namespace calibram
