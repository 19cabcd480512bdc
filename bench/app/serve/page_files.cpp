// SPDX-License-Identifier: MIT
// A page that names the API.
#include "bench/app/serve/page_files.hpp"

namespace calibram {

const PageFile* find_page_file(std::string_view path) {
  static constexpr PageFile page = {"text/html; charset=utf-8",
                                    "<!doctype html><meta charset=\"utf-8\"><title>calibram</title>"
                                    "<p>The API is described at <a href=\"/api/openapi.json\">"
                                    "/api/openapi.json</a>.</p>\n"};
  return path == "/" ? &page : nullptr;
}

}  // namespace calibram
