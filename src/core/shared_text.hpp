// SPDX-License-Identifier: MIT
// A text that millions of rows have in common, once in memory.
#pragma once

#include <fmt/format.h>
#include <boost/flyweight.hpp>
#include <boost/flyweight/no_tracking.hpp>
#include <boost/functional/hash.hpp>

#include <compare>
#include <ostream>
#include <string>
#include <string_view>

namespace calibram {

/// A constant text of the size of a pointer: equal texts are one, which lives as long as the program. Copies
/// and comparisons for equality cost no more than a pointer's; a new text is looked up, by any thread.
class SharedText {
 public:
  SharedText() = default;
  SharedText(const std::string& text) : text_{text} {}
  SharedText(std::string_view text) : text_{text} {}
  SharedText(const char* text) : text_{text} {}

  const std::string& str() const { return text_.get(); }
  operator const std::string&() const { return str(); }
  operator std::string_view() const { return str(); }
  bool empty() const { return str().empty(); }

  friend bool operator==(const SharedText& a, const SharedText& b) { return a.text_ == b.text_; }
  friend bool operator==(const SharedText& a, const std::string& b) { return a.str() == b; }
  friend bool operator==(const SharedText& a, std::string_view b) { return a.str() == b; }
  friend bool operator==(const SharedText& a, const char* b) { return a.str() == b; }
  friend std::strong_ordering operator<=>(const SharedText& a, const SharedText& b) {
    return a == b ? std::strong_ordering::equal : a.str() <=> b.str();
  }
  /// Of where the text lies: equal ones have the same.
  friend std::size_t hash_value(const SharedText& text) { return boost::hash<const void*>{}(&text.str()); }
  friend std::ostream& operator<<(std::ostream& out, const SharedText& text) { return out << text.str(); }

 private:
  boost::flyweight<std::string, boost::flyweights::no_tracking> text_;
};

}  // namespace calibram

template <>
struct fmt::formatter<calibram::SharedText> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const calibram::SharedText& text, Context& context) const {
    return fmt::formatter<std::string_view>::format(text.str(), context);
  }
};
