// SPDX-License-Identifier: MIT
// The folder of published data that some tests read where it is there.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace calibram {

/// What CALIBRAM_SHARED_DATA names, else ../shared/data beside the source tree; may not exist.
inline std::filesystem::path shared_data() {
  if (const char* named = std::getenv("CALIBRAM_SHARED_DATA")) return named;
  return std::filesystem::path{CALIBRAM_SOURCE_DIR}.parent_path() / "shared" / "data";
}

}  // namespace calibram
