// SPDX-License-Identifier: MIT
// JSON inside a model file, walked once from front to back; what is wrong with it is told by its byte.
#pragma once

#include "src/core/byte_reader.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace calibram {

/// A JSON string as it stands in the header, between its quotes; null when something in it is escaped. It
/// saves the copy that unescaping makes, which for a large header is megabytes.
inline std::string_view plain_text(simdjson::ondemand::raw_json_string text) {
  const char* end = text.raw();
  while (*end != '"' && *end != '\\') ++end;  // every string that simdjson gives ends
  return *end == '"' ? std::string_view{text.raw(), static_cast<std::size_t>(end - text.raw())}
                     : std::string_view{};
}

/// The next `length` bytes of a file as JSON. Texts that it hands out live as long as it does.
class JsonHeader {
 public:
  /// @throws InputError when the bytes are not there, or do not start with "{"
  JsonHeader(ByteReader& reader, std::int64_t length);

  /// Calls `visit(key, value)` for every member of the document, which must be one object and nothing behind
  /// it.
  /// @throws InputError for what is no JSON, and where `visit` asks a value for what it is not
  template <class Visit>
  void visit(const Visit& visit) {
    try {
      simdjson::ondemand::object root = document_.get_object();
      for (auto field : root) {
        member_ = plain_text(field.key());
        if (member_.data() == nullptr) member_ = field.unescaped_key();
        visit(member_, field.value());
      }
      member_ = {};
      // Only at the end is there no token to point to.
      if (!document_.current_location().error()) fail("there is more behind the header's last brace");
    } catch (const simdjson::simdjson_error& error) {
      fail(error);
    }
  }

  /// Throws the InputError that names the byte and the member that are being read.
  [[noreturn]] void fail(std::string_view reason);

 private:
  [[noreturn]] void fail(const simdjson::simdjson_error& error);

  const ByteReader& reader_;
  std::int64_t start_ = 0;  ///< of the JSON, in the file
  struct Free {
    void operator()(char* block) const noexcept { std::free(block); }
  };
  static std::unique_ptr<char[], Free> allocate(std::int64_t size);

  std::unique_ptr<char[], Free> text_;
  std::int64_t length_ = 0;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  std::string_view member_;
};

}  // namespace calibram
