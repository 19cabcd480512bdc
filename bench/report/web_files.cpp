// SPDX-License-Identifier: MIT
// The order of the page's scripts.
#include "bench/report/web_files.hpp"

namespace calibram::web {

// Each is made by calibram_embed().
std::string_view script_columns();
std::string_view script_rows();
std::string_view script_draw();
std::string_view script_charts_memory();
std::string_view script_charts_errors();
std::string_view script_charts_drift();
std::string_view script_table();
std::string_view script_page();

std::vector<std::string_view> scripts() {
  return {script_columns(),       script_rows(),         script_draw(),  script_charts_memory(),
          script_charts_errors(), script_charts_drift(), script_table(), script_page()};
}

}  // namespace calibram::web
