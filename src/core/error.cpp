// SPDX-License-Identifier: MIT
// Joins the three parts of an error into one line.
#include "src/core/error.hpp"

namespace calibram {
namespace {

std::string one_line(const std::string& problem, const std::string& reason, const std::string& remedy) {
  std::string line = problem;
  if (!reason.empty()) line += " (" + reason + ")";
  if (!remedy.empty()) line += "; " + remedy;
  return line;
}

}  // namespace

Error::Error(const std::string& problem, const std::string& reason, const std::string& remedy)
    : std::runtime_error{one_line(problem, reason, remedy)},
      parts_{std::make_shared<const Parts>(Parts{problem, reason, remedy})} {}

}  // namespace calibram
