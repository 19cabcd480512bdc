// SPDX-License-Identifier: MIT
// A file of the page by the path under which it is served.
#include "bench/app/serve/page_files.hpp"

#include <algorithm>

namespace calibram {

const PageFile* find_page_file(std::string_view path) {
  const auto files = page_files();
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const PageFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace calibram
