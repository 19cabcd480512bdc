// SPDX-License-Identifier: MIT
// The outermost pairs of what Python prints of arguments: model='a', sizes=[1, 2] or {'model': 'a'}.
#pragma once

#include <string_view>
#include <vector>

namespace calibram {

struct PythonPair {
  std::string_view key;
  std::string_view value;  ///< without the quotes of a text
};

/// Pairs inside other values are not theirs. A pair that is cut off is left out. The views point into `text`.
std::vector<PythonPair> python_pairs(std::string_view text);

}  // namespace calibram
