// SPDX-License-Identifier: MIT
// Command lines that are refused, and the one line that says why.
#pragma once

#include "tests/bench/app/program.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace calibram {

/// A command line, and what is said of it.
struct Refusal {
  std::vector<std::string> arguments;
  std::string line;
};

/// One line on standard error, nothing on standard output.
inline void expect_refusal(const Program& program, const Refusal& bad, int status = 2) {
  const Outcome outcome = program.run(bad.arguments);
  EXPECT_EQ(outcome.status, status) << bad.line;
  EXPECT_EQ(outcome.out, "") << bad.line;
  EXPECT_EQ(outcome.err, "calibram: " + bad.line + "\n");
}

}  // namespace calibram
