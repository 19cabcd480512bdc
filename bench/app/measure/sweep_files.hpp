// SPDX-License-Identifier: MIT
// The folder where sweeps accumulate: which of its files are measurements.
#pragma once

#include <filesystem>
#include <vector>

namespace calibram {

/// A folder's measurements, by name.
std::vector<std::filesystem::path> measurement_files(const std::filesystem::path& folder);

/// The one that was written last, of those that this version can append to; empty for none.
std::filesystem::path newest_sweep(const std::filesystem::path& folder);

}  // namespace calibram
