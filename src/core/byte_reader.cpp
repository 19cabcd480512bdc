// SPDX-License-Identifier: MIT
// Buffered reading at given offsets, checked against the file's size first.
#include "src/core/byte_reader.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace calibram {

ByteReader::ByteReader(std::filesystem::path file, Bytes limit)
    : file_{std::move(file)}, descriptor_{open_regular_file(file_)}, limit_{limit.count()} {
  size_ = file_size(descriptor_, file_).count();
  storage_.resize(static_cast<std::size_t>(std::min(size_, largest_piece)));
  buffer_ = storage_.data();
}

ByteReader::ByteReader(std::string_view start, Bytes size, std::filesystem::path name, Bytes limit)
    : file_{std::move(name)},
      buffer_{start.data()},
      end_{static_cast<std::int64_t>(start.size())},
      size_{size.count()},
      limit_{limit.count()} {
  start_ = end_ = std::min(end_, size_);
}

void ByteReader::require(std::int64_t count) const {
  if (count > size_ - position_)
    fail(fmt::format("{} bytes are needed here, and the file has {} in all", count, size_));
  if (count > limit_ - position_) fail(fmt::format("no header may be larger than {} bytes", limit_));
}

void ByteReader::fill(std::int64_t count) {
  require(count);
  if (descriptor_.number() < 0) fail_for_more(position_ + count);
  begin_ = end_ = position_;
  const std::int64_t wanted = std::min<std::int64_t>(static_cast<std::int64_t>(storage_.size()), remaining());
  while (end_ - begin_ < count) {
    const std::span<char> rest{storage_.data() + (end_ - begin_), storage_.data() + wanted};
    const std::size_t size = read_at(descriptor_, end_, rest, file_);
    if (size == 0) fail(end_, "the file ends here: it was cut while it was read");
    end_ += static_cast<std::int64_t>(size);
  }
}

void ByteReader::copy(std::span<char> target) {
  require(static_cast<std::int64_t>(target.size()));
  const std::int64_t end = position_ + static_cast<std::int64_t>(target.size());
  while (!target.empty()) {
    std::size_t size = std::min(target.size(), static_cast<std::size_t>(end_ - position_));
    if (size > 0) {
      std::memcpy(target.data(), buffer_ + (position_ - begin_), size);
    } else {
      if (descriptor_.number() < 0) fail_for_more(end);
      size = read_at(descriptor_, position_, target, file_);
      if (size == 0) fail("the file ends here");
      begin_ = end_ = position_ + static_cast<std::int64_t>(size);
    }
    position_ += static_cast<std::int64_t>(size);
    target = target.subspan(size);
  }
}

void ByteReader::skip(std::int64_t count) {
  require(count);
  position_ += count;
  if (position_ > end_) begin_ = end_ = position_;
}

void ByteReader::fail_for_more(std::int64_t needed) const {
  throw InputError{"cannot read " + in_quotes(file_.string()),
                   fmt::format("byte {}: the first {} bytes are there, and at least {} are needed", position_,
                               start_, needed),
                   "give more of its start"};
}

void ByteReader::fail(std::int64_t position, std::string_view reason) const {
  throw InputError{"cannot read " + in_quotes(file_.string()), fmt::format("byte {}: {}", position, reason),
                   "download or convert it again"};
}

}  // namespace calibram
