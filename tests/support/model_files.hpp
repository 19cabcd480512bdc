// SPDX-License-Identifier: MIT
// Writes the headers of model files, right ones and wrong ones, for tests, benchmarks and the fuzzers'
// corpora.
#pragma once

#include "src/core/bytes.hpp"
#include "src/model/gguf/metadata.hpp"
#include "src/model/stored_type.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// The bytes of a number in a file.
template <class Number>
std::string bytes_of(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

/// A safetensors header around any JSON.
inline std::string safetensors_of(std::string_view json) {
  return bytes_of<std::uint64_t>(json.size()) + std::string{json};
}

/// Collects tensors, each of which follows the one before.
class SafetensorsWriter {
 public:
  SafetensorsWriter& tensor(std::string_view name, std::string_view type, const Shape& shape) {
    const std::int64_t bytes =
        stored_bytes(*find_safetensors_type(type), element_count(shape).value())->count();
    json_ += fmt::format(R"({}"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                         json_.empty() ? "" : ",", name, type, fmt::join(shape, ","), end_, end_ + bytes);
    end_ += bytes;
    return *this;
  }

  std::string header() const { return safetensors_of("{" + json_ + "}"); }
  std::int64_t data_bytes() const { return end_; }
  std::string file() const { return header() + std::string(static_cast<std::size_t>(end_), '\1'); }

 private:
  std::string json_;
  std::int64_t end_ = 0;
};

inline std::string gguf_text(std::string_view text) {
  return bytes_of<std::uint64_t>(text.size()) + std::string{text};
}

/// Collects metadata and tensors, each of which follows the one before; its parts can be told to lie.
class GgufWriter {
 public:
  explicit GgufWriter(std::uint32_t version = 3) : version_{version} {}

  /// Any value, as the bytes that stand behind its type.
  GgufWriter& value(std::string_view key, GgufType type, std::string_view bytes) {
    metadata_ += gguf_text(key) + bytes_of(type) + std::string{bytes};
    ++values_;
    return *this;
  }
  template <class Number>
  GgufWriter& number(std::string_view key, GgufType type, Number number) {
    return value(key, type, bytes_of(number));
  }
  GgufWriter& text(std::string_view key, std::string_view text) {
    return value(key, GgufType::text, gguf_text(text));
  }
  template <class Number>
  GgufWriter& array(std::string_view key, GgufType type, const std::vector<Number>& numbers) {
    std::string bytes = bytes_of(type) + bytes_of<std::uint64_t>(numbers.size());
    for (const Number number : numbers) bytes += bytes_of(number);
    return value(key, GgufType::array, bytes);
  }
  GgufWriter& texts(std::string_view key, const std::vector<std::string>& texts) {
    std::string bytes = bytes_of(GgufType::text) + bytes_of<std::uint64_t>(texts.size());
    for (const std::string& text : texts) bytes += gguf_text(text);
    return value(key, GgufType::array, bytes);
  }

  /// @param dimensions  innermost first, as in the file
  GgufWriter& tensor(std::string_view name, const std::vector<std::int64_t>& dimensions, std::uint32_t type) {
    tensor_at(name, dimensions, type, static_cast<std::uint64_t>(round_up(end_, alignment_)));
    end_ = round_up(end_, alignment_) + data_bytes_of(dimensions, type);
    return *this;
  }
  GgufWriter& tensor_at(std::string_view name, const std::vector<std::int64_t>& dimensions,
                        std::uint32_t type, std::uint64_t offset) {
    tensors_ += gguf_text(name) + bytes_of(static_cast<std::uint32_t>(dimensions.size()));
    for (const std::int64_t dimension : dimensions) tensors_ += bytes_of(dimension);
    tensors_ += bytes_of(type) + bytes_of(offset);
    ++count_;
    return *this;
  }

  GgufWriter& align(std::int64_t alignment) {
    alignment_ = alignment;
    return number("general.alignment", GgufType::u32, static_cast<std::uint32_t>(alignment));
  }
  GgufWriter& claim_tensors(std::uint64_t count) { return count_ = count, *this; }
  GgufWriter& claim_values(std::uint64_t count) { return values_ = count, *this; }

  /// Up to where the data begin.
  std::string header() const {
    std::string text =
        "GGUF" + bytes_of(version_) + bytes_of(count_) + bytes_of(values_) + metadata_ + tensors_;
    text.resize(static_cast<std::size_t>(round_up(static_cast<std::int64_t>(text.size()), alignment_)));
    return text;
  }
  std::int64_t data_bytes() const { return end_; }
  std::string file() const { return header() + std::string(static_cast<std::size_t>(end_), '\1'); }

 private:
  static std::int64_t data_bytes_of(const std::vector<std::int64_t>& dimensions, std::uint32_t type) {
    std::int64_t elements = 1;
    for (const std::int64_t dimension : dimensions) elements *= dimension;
    return stored_bytes(*find_ggml_type(type), elements)->count();
  }

  std::uint32_t version_;
  std::uint64_t values_ = 0, count_ = 0;
  std::string metadata_, tensors_;
  std::int64_t alignment_ = 32, end_ = 0;
};

/// Makes a file as long as `size` with a hole at its end, which takes no room on the disk. False where the
/// file system refuses.
inline bool extend(const std::filesystem::path& file, Bytes size) {
  return ::truncate(file.c_str(), size.count()) == 0;
}

}  // namespace calibram
