// SPDX-License-Identifier: MIT
// The list of cards is written as text, and is what a JSON library would have written.
#include "bench/app/estimate/fits_report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;

Fitting fitting(const std::string& gpu, std::int64_t capacity, std::int64_t needed, std::int64_t set_aside) {
  return {{gpu, Bytes{capacity}, true}, Bytes{needed}, Bytes{set_aside}};
}

/// As the value of a key of an indented document.
std::string by_library(const FitsReport& report) {
  Json list = Json::array();
  for (const auto* fittings : {&report.named, &report.cards})
    for (const Fitting& fitting : *fittings)
      list.push_back({{"gpu", fitting.capacity.gpu},
                      {"named", fittings == &report.named},
                      {"capacity_bytes", fitting.capacity.bytes.count()},
                      {"set_aside_bytes", fitting.set_aside.count()},
                      {"fits", fitting.fits()},
                      {"headroom_bytes", fitting.headroom().count()}});
  const std::string document = Json{{"fits", list}}.dump(2, ' ', false, Json::error_handler_t::replace);
  const std::string begin = "{\n  \"fits\": ", end = "\n}";
  return document.substr(begin.size(), document.size() - begin.size() - end.size());
}

TEST(FitsJson, IsWhatALibraryWouldWrite) {
  FitsReport report;
  EXPECT_EQ(fits_json(report), by_library(report)) << "none";
  report.cards = {fitting("RTX 4090", 25'000'000'000, 30'000'000'000, 500'000'000), fitting("", 1, 0, 0)};
  EXPECT_EQ(fits_json(report), by_library(report));
  report.named = {fitting("24.00 GiB", 25'769'803'776, 25'769'803'776, 0)};
  EXPECT_EQ(fits_json(report), by_library(report));
}

TEST(FitsJson, NamesMayHoldAnything) {
  FitsReport report;
  for (const char* name : {"a \"card\"", "C:\\card", "line\nend\x01", "显卡", "not UTF-8: \xff", "\x7f"})
    report.named.push_back(fitting(name, 2, 1, 0));
  EXPECT_EQ(fits_json(report), by_library(report));
  EXPECT_EQ(Json::parse(fits_json(report))[3]["gpu"], "显卡");
}

}  // namespace
}  // namespace calibram
