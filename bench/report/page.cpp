// SPDX-License-Identifier: MIT
// Fills the template's places with the embedded files and the data.
#include "bench/report/page.hpp"

#include "bench/report/page_data.hpp"
#include "bench/report/web_files.hpp"

#include <map>
#include <string_view>

namespace calibram {
namespace {

std::string html_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<')
      escaped += "&lt;";
    else if (c == '&')
      escaped += "&amp;";
    else
      escaped += c;
  }
  return escaped;
}

std::string title_of(const Report& report) {
  const bool is_one = report.devices.size() == 1 && !report.devices.front().name.empty();
  return is_one ? "Memory of " + report.devices.front().name : "Memory measured and predicted";
}

/// Replaces each "{{name}}" of the template, once; what is put in is not looked at again.
std::string filled(std::string_view text, const std::map<std::string_view, std::string_view>& places) {
  std::string page;
  for (std::size_t begin = text.find("{{"); begin != std::string_view::npos; begin = text.find("{{")) {
    const std::size_t end = text.find("}}", begin);
    page += text.substr(0, begin);
    page += places.at(text.substr(begin + 2, end - begin - 2));
    text.remove_prefix(end + 2);
  }
  return page.append(text);
}

}  // namespace

std::string page(const Report& report) {
  const std::string title = html_text(title_of(report)), data = page_data(report);
  const std::string licence = html_text(web::chart_licence());
  std::string scripts;
  for (const std::string_view script : web::scripts()) scripts.append(script);
  return filled(web::page_template(), {{"title", title},
                                       {"style", web::style()},
                                       {"chart_library", web::chart_library()},
                                       {"chart_licence", licence},
                                       {"scripts", scripts},
                                       {"data", data}});
}

}  // namespace calibram
