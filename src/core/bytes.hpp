// SPDX-License-Identifier: MIT
// A signed number of bytes whose arithmetic cannot overflow unnoticed.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace calibram {

/// Throws the error of a byte count that left the 64-bit range.
[[noreturn]] void throw_byte_overflow();

/// A number of bytes, or a difference of two. Signed, because memory that another process frees makes
/// a difference negative. @throws Error when a result does not fit 64 bits
class Bytes {
 public:
  constexpr Bytes() = default;
  constexpr explicit Bytes(std::int64_t count) : count_{count} {}

  constexpr std::int64_t count() const noexcept { return count_; }

  constexpr Bytes& operator+=(Bytes other) {
    if (__builtin_add_overflow(count_, other.count_, &count_)) throw_byte_overflow();
    return *this;
  }
  constexpr Bytes& operator-=(Bytes other) {
    if (__builtin_sub_overflow(count_, other.count_, &count_)) throw_byte_overflow();
    return *this;
  }
  constexpr Bytes& operator*=(std::int64_t factor) {
    if (__builtin_mul_overflow(count_, factor, &count_)) throw_byte_overflow();
    return *this;
  }

  friend constexpr Bytes operator+(Bytes a, Bytes b) { return a += b; }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return a -= b; }
  friend constexpr Bytes operator*(Bytes a, std::int64_t factor) { return a *= factor; }
  friend constexpr Bytes operator*(std::int64_t factor, Bytes a) { return a *= factor; }
  friend constexpr auto operator<=>(Bytes, Bytes) = default;

 private:
  std::int64_t count_ = 0;
};

/// The product of counts, checked. @throws Error when it does not fit 64 bits
constexpr std::int64_t checked_product(std::initializer_list<std::int64_t> factors) {
  std::int64_t product = 1;
  for (std::int64_t factor : factors)
    if (__builtin_mul_overflow(product, factor, &product)) throw_byte_overflow();
  return product;
}

/// The sum of two counts, checked. @throws Error when it does not fit 64 bits
constexpr std::int64_t checked_sum(std::int64_t a, std::int64_t b) { return (Bytes{a} + Bytes{b}).count(); }

/// The smallest multiple of `step` (positive) that is not below `count` (not negative).
constexpr std::int64_t round_up(std::int64_t count, std::int64_t step) {
  const std::int64_t excess = count % step;
  return excess == 0 ? count : checked_sum(count, step - excess);
}

/// Rounds a fraction of a byte to the nearest whole one.
/// @throws Error when it does not fit 64 bits or is not a number
Bytes rounded_bytes(double count);

constexpr double in_mib(Bytes size) { return static_cast<double>(size.count()) / (1 << 20); }
constexpr double in_gib(Bytes size) { return static_cast<double>(size.count()) / (1 << 30); }

/// Text for people: "1.50 GiB".
std::string gib_text(Bytes size);

/// Text for people where gigabytes would hide the digits that matter: "0.25 MiB".
std::string mib_text(Bytes size);

namespace literals {
constexpr Bytes operator""_B(unsigned long long count) { return Bytes{static_cast<std::int64_t>(count)}; }
constexpr Bytes operator""_KiB(unsigned long long count) {
  return static_cast<std::int64_t>(count) * Bytes{1 << 10};
}
constexpr Bytes operator""_MiB(unsigned long long count) {
  return static_cast<std::int64_t>(count) * Bytes{1 << 20};
}
constexpr Bytes operator""_GiB(unsigned long long count) {
  return static_cast<std::int64_t>(count) * Bytes{1 << 30};
}
}  // namespace literals

}  // namespace calibram
