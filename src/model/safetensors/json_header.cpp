// SPDX-License-Identifier: MIT
// Hands a header's bytes to simdjson, and turns its errors into ours.
#include "src/model/safetensors/json_header.hpp"

#include "src/core/printable.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstring>
#include <new>

namespace calibram {

/// Touching thousands of fresh pages costs more than parsing what is on them, so a large block asks for huge
/// ones.
std::unique_ptr<char[], JsonHeader::Free> JsonHeader::allocate(std::int64_t size) {
  constexpr std::int64_t huge_page = 2 << 20, cache_line = 64;
  const std::int64_t alignment = size < huge_page ? cache_line : huge_page;
  const auto bytes = static_cast<std::size_t>(round_up(size, alignment));
  std::unique_ptr<char[], Free> block{
      static_cast<char*>(std::aligned_alloc(static_cast<std::size_t>(alignment), bytes))};
  if (!block) throw std::bad_alloc{};
  if (alignment == huge_page) ::madvise(block.get(), bytes, MADV_HUGEPAGE);  // a wish; without, it is slower
  return block;
}

JsonHeader::JsonHeader(ByteReader& reader, std::int64_t length)
    : reader_{reader}, start_{reader.position()}, length_{length} {
  if (length < 2) reader.fail("a JSON object is expected here");
  reader.require(length);
  const std::size_t size = static_cast<std::size_t>(length);
  text_ = allocate(length + static_cast<std::int64_t>(simdjson::SIMDJSON_PADDING));
  std::memset(text_.get() + size, ' ', simdjson::SIMDJSON_PADDING);
  reader.copy({text_.get(), size});
  if (text_[0] != '{') reader.fail(start_, "a JSON object is expected here");
  const simdjson::error_code error =
      parser_.iterate(text_.get(), size, size + simdjson::SIMDJSON_PADDING).get(document_);
  if (error) reader.fail(start_, fmt::format("no JSON: {}", simdjson::error_message(error)));
}

void JsonHeader::fail(std::string_view reason) {
  const char* location = nullptr;
  std::int64_t byte = length_;
  if (!document_.current_location().get(location))
    byte = std::min<std::int64_t>(location - text_.get(), length_);
  if (member_.data() == nullptr) reader_.fail(start_ + byte, reason);
  reader_.fail(start_ + byte, fmt::format("{}: {}", in_quotes(member_), reason));
}

void JsonHeader::fail(const simdjson::simdjson_error& error) {
  fail(fmt::format("not as it must be: {}", error.what()));
}

}  // namespace calibram
