// SPDX-License-Identifier: MIT
// Names as people write them: case does not count, and an unknown one gets "did you mean".
#pragma once

#include "src/core/error.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// ASCII letters only: the names that are compared have no others.
std::string lower_case(std::string_view text);

/// At most three of the known names, nearest first; none when nothing is near. Case does not count.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string_view> known);

/// The error "unknown model 'lama-3-8b' (did you mean 'llama-3-8b'?); run ... for the list".
/// @param remedy  empty: the known names themselves are listed
InputError unknown_name(std::string_view kind, std::string_view name, std::span<const std::string_view> known,
                        std::string_view remedy = {});

/// "a, b, c".
std::string joined(std::span<const std::string_view> words, std::string_view separator = ", ");

}  // namespace calibram
