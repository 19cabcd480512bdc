// SPDX-License-Identifier: MIT
// Puts the values into a reason's text.
#include "bench/calculator/rules/reason.hpp"

#include "src/core/error.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace calibram {
namespace {

struct ValueText {
  std::string operator()(Bytes bytes) const {
    constexpr std::int64_t mib = 1 << 20, tenth_of_a_gib = 107'374'182;
    const std::int64_t size = std::abs(bytes.count());
    if (size == 0) return "0 B";
    if (size < mib) return fmt::format("{:.1f} KiB", static_cast<double>(bytes.count()) / 1024);
    return size < tenth_of_a_gib ? mib_text(bytes) : gib_text(bytes);
  }
  std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
  std::string operator()(double number) const {
    return number >= 1e6 ? fmt::format("{:.2f}·10⁹", number / 1e9) : fmt::format("{:.4g}", number);
  }
  std::string operator()(const std::string& text) const { return text; }
};

}  // namespace

const ReasonKind* find_reason_kind(std::string_view code) {
  const auto* found = std::find_if(reason_kinds.begin(), reason_kinds.end(),
                                   [&](const ReasonKind& kind) { return kind.code == code; });
  return found == reason_kinds.end() ? nullptr : found;
}

std::string reason_text(const Reason& reason) {
  const ReasonKind* kind = find_reason_kind(reason.code);
  if (!kind) throw Error{fmt::format("reason '{}' has no text", reason.code), "it is not in the table", ""};
  fmt::dynamic_format_arg_store<fmt::format_context> values;
  for (const auto& [name, value] : reason.values)
    values.push_back(fmt::arg(std::string{name}.c_str(), std::visit(ValueText{}, value)));
  return fmt::vformat(kind->text, values);
}

}  // namespace calibram
