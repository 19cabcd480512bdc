// SPDX-License-Identifier: MIT
// A CSV as its rows, each by the names of its columns.
#pragma once

#include "src/core/csv.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace calibram {

inline std::vector<std::map<std::string, std::string>> records(const std::string& csv) {
  CsvParser parser{csv, "csv"};
  std::vector<std::map<std::string, std::string>> found;
  std::vector<std::string> header;
  for (CsvRow row; parser.next(row);) {
    if (header.empty()) {
      header.assign(row.fields.begin(), row.fields.end());
      continue;
    }
    EXPECT_EQ(row.fields.size(), header.size()) << "line " << row.line;
    found.emplace_back();
    for (std::size_t i = 0; i < header.size(); ++i) found.back()[header[i]] = row.fields.at(i);
  }
  return found;
}

}  // namespace calibram
