// SPDX-License-Identifier: MIT
// Waits for what another process does.
#pragma once

#include <chrono>
#include <thread>

namespace calibram {

/// Whether a condition holds within 20 seconds.
template <typename Condition>
bool comes_true(const Condition& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return false;
}

}  // namespace calibram
