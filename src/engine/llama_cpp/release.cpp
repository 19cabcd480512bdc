// SPDX-License-Identifier: MIT
// The table of llama.cpp's versions.
#include "src/engine/llama_cpp/release.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

namespace calibram::llama_cpp {
namespace {

// Between the rows a change fell on a build that is not known here; those builds are refused. From pull
// request 16812 (2025-10-28) to 17046 (2025-11-07) cells were not padded at all.
constexpr auto table = std::to_array<Release>({
    {.first_date = 20250220,
     .last_date = 20250519,
     .first_build = 4750,
     .last_build = 5420,
     .pads_by_attention = true,
     .source = "src/llama.cpp and src/llama-kv-cache.h of 2025-02-20: llama_kv_cache_get_padding"},
    {.first_date = 20250521,
     .last_date = 20251027,
     .first_build = 5450,
     .last_build = 6850,
     .pads_by_attention = true,
     .has_windowed_cache = true,
     .source = "src/llama-kv-cache-unified-iswa.cpp of 2025-06-12; pull request 13194"},
    {.first_date = 20251110,
     .last_date = 20260928,
     .first_build = 7000,
     .last_build = 7990,
     .has_windowed_cache = true,
     .has_streams = true,
     .flash_by_default = true,
     .graph_from = 20260928,
     .source = "src/llama-context.cpp, src/llama-kv-cache-iswa.cpp of 2026-02-10 and 2026-09-28"},
});

struct NamedRelease {
  std::string_view name;
  std::int64_t date;
};
constexpr std::array named = {NamedRelease{"v0.5.0", 20260928}};

/// "2026-09-28" as 20260928.
std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_integer(text.substr(0, 4)), month = parse_integer(text.substr(5, 2)),
             day = parse_integer(text.substr(8, 2));
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  return *year * 10000 + *month * 100 + *day;
}

std::optional<std::int64_t> date_of(std::string_view version) {
  for (const NamedRelease& release : named)
    if (release.name == version) return release.date;
  return parse_date(version);
}

[[noreturn]] void throw_unknown(std::string_view runtime) {
  throw InputError{fmt::format("runtime {} is not known", runtime),
                   fmt::format("known: {}", known_releases()),
                   "name one of these; a nearby one may behave alike"};
}

}  // namespace

std::string_view known_releases() {
  return "builds b4750 to b5420, b5450 to b6850 and b7000 to b7990; dates 2025-02-20 to 2025-05-19, "
         "2025-05-21 "
         "to 2025-10-27 and 2025-11-10 to 2026-09-28; v0.5.0";
}

DatedRelease release_of(std::string_view runtime, std::string_view version) {
  if (version.empty()) {
    if (runtime.ends_with('@')) throw_unknown(runtime);
    return {&table.back(), true};
  }
  if (const std::optional<std::int64_t> date = date_of(version)) {
    for (const Release& release : table)
      if (release.first_date <= *date && *date <= release.last_date)
        return {&release, release.graph_from > 0 && *date >= release.graph_from};
    throw_unknown(runtime);
  }
  const std::optional<std::int64_t> build =
      version.starts_with('b') ? parse_integer(version.substr(1)) : std::nullopt;
  if (build)
    for (const Release& release : table)
      if (release.first_build <= *build && *build <= release.last_build) return {&release, false};
  throw_unknown(runtime);
}

}  // namespace calibram::llama_cpp
