// SPDX-License-Identifier: MIT
// Text and rounding of byte counts.
#include "src/core/bytes.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

#include <cmath>

namespace calibram {

void throw_byte_overflow() {
  throw InputError{"a byte count does not fit 64 bits", "more than 8 EiB",
                   "check the sizes in the model and the workload"};
}

Bytes rounded_bytes(double count) {
  // 2^63 is exactly representable; every double below it converts without overflow.
  if (!(std::abs(count) < 9223372036854775808.0)) throw_byte_overflow();
  return Bytes{std::llround(count)};
}

std::string gib_text(Bytes size) { return fmt::format("{:.2f} GiB", in_gib(size)); }

std::string mib_text(Bytes size) { return fmt::format("{:.2f} MiB", in_mib(size)); }

}  // namespace calibram
