// SPDX-License-Identifier: MIT
// Looks at the headers of a folder's files.
#include "bench/app/measure/sweep_files.hpp"

#include "src/engine/measurement.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace calibram {
namespace {

namespace fs = std::filesystem;

std::string header_of(const fs::path& file) {
  std::string line;
  std::getline(std::ifstream{file}, line);
  return line;
}

/// A table of times beside the sweeps has other columns.
bool has_measurements(const fs::path& file) {
  const std::string header = header_of(file);
  return header.find("model") != header.npos && header.find("runtime") != header.npos;
}

}  // namespace

std::vector<fs::path> measurement_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".csv" && has_measurements(entry.path()))
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

fs::path newest_sweep(const fs::path& folder) {
  std::vector<fs::path> files = measurement_files(folder);
  std::erase_if(files, [](const fs::path& file) { return header_of(file) != csv_header(); });
  const auto newest = std::max_element(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return fs::last_write_time(a) < fs::last_write_time(b);
  });
  return newest == files.end() ? fs::path{} : *newest;
}

}  // namespace calibram
