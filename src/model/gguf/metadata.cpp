// SPDX-License-Identifier: MIT
// Reads GGUF values, and gives those that were kept as the type that is asked for.
#include "src/model/gguf/metadata.hpp"

#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>
#include <utility>

namespace calibram {
namespace {

constexpr std::int64_t longest_key = 65'535;    // GGUF specification, gguf_kv_t
constexpr int deepest_array = 4;                // ggml reads no array of arrays at all
constexpr std::uint64_t most_values = 100'000;  // real files have tens
constexpr std::int64_t smallest_value = 8 + 1 + 4 + 1;

struct TypeInfo {
  std::string_view name;
  std::int64_t bytes;  ///< 0: not fixed
  std::optional<std::int64_t> (*integer)(std::string_view);
  double (*number)(std::string_view);
};

template <class Number>
Number decoded(std::string_view bytes) {
  Number number;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

template <class Number>
std::optional<std::int64_t> integer_of(std::string_view bytes) {
  const auto number = decoded<Number>(bytes);
  if (!std::in_range<std::int64_t>(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}
std::optional<std::int64_t> boolean_of(std::string_view bytes) { return bytes[0] != 0; }

template <class Number>
double number_of(std::string_view bytes) {
  return static_cast<double>(decoded<Number>(bytes));
}

constexpr std::array<TypeInfo, 13> types = {{
    {"an 8-bit integer", 1, integer_of<std::uint8_t>, number_of<std::uint8_t>},
    {"an 8-bit integer", 1, integer_of<std::int8_t>, number_of<std::int8_t>},
    {"a 16-bit integer", 2, integer_of<std::uint16_t>, number_of<std::uint16_t>},
    {"a 16-bit integer", 2, integer_of<std::int16_t>, number_of<std::int16_t>},
    {"a 32-bit integer", 4, integer_of<std::uint32_t>, number_of<std::uint32_t>},
    {"a 32-bit integer", 4, integer_of<std::int32_t>, number_of<std::int32_t>},
    {"a floating-point number", 4, nullptr, number_of<float>},
    {"a boolean", 1, boolean_of, nullptr},
    {"a text", 0, nullptr, nullptr},
    {"an array", 0, nullptr, nullptr},
    {"a 64-bit integer", 8, integer_of<std::uint64_t>, number_of<std::uint64_t>},
    {"a 64-bit integer", 8, integer_of<std::int64_t>, number_of<std::int64_t>},
    {"a floating-point number", 8, nullptr, number_of<double>},
}};

const TypeInfo& info(GgufType type) { return types[static_cast<std::size_t>(type)]; }

GgufType read_type(ByteReader& reader) {
  const std::int64_t position = reader.position();
  const auto number = reader.number<std::uint32_t>();
  if (number >= types.size()) reader.fail(position, fmt::format("unknown type of value, {}", number));
  return GgufType{number};
}

/// Texts are skipped here one by one: a vocabulary has hundreds of thousands.
void skip_text(ByteReader& reader) {
  const std::int64_t length = checked_count(reader, reader.number<std::uint64_t>(), 1, "text");
  reader.skip(length);
}

void read_array(ByteReader& reader, GgufValue& value, int depth);

void skip_elements(ByteReader& reader, GgufType type, std::int64_t count, int depth) {
  for (std::int64_t i = 0; i < count; ++i) {
    GgufValue inner;
    if (type == GgufType::text)
      skip_text(reader);
    else
      read_array(reader, inner, depth + 1);
  }
}

void read_array(ByteReader& reader, GgufValue& value, int depth) {
  if (depth == deepest_array) reader.fail(fmt::format("arrays nest deeper than {}", deepest_array));
  value.element = read_type(reader);
  const std::int64_t size = info(value.element).bytes;
  const std::int64_t smallest = size > 0 ? size : value.element == GgufType::text ? 8 : 12;
  value.count = checked_count(reader, reader.number<std::uint64_t>(), smallest, "array");
  if (size == 0) return skip_elements(reader, value.element, value.count, depth);
  value.is_kept = value.count <= most_kept_elements && depth == 0;
  if (value.is_kept)
    value.bytes = reader.take(value.count * size);
  else
    reader.skip(value.count * size);
}

void read_text(ByteReader& reader, GgufValue& value) {
  value.count = checked_count(reader, reader.number<std::uint64_t>(), 1, "text");
  value.is_kept = value.count <= most_kept_text;
  if (value.is_kept)
    value.bytes = reader.take(value.count);
  else
    reader.skip(value.count);
}

GgufValue read_value(ByteReader& reader) {
  GgufValue value;
  value.position = reader.position();
  value.key = read_gguf_text(reader, longest_key, "key");
  value.type = read_type(reader);
  if (value.type == GgufType::array) {
    read_array(reader, value, 0);
  } else if (value.type == GgufType::text) {
    read_text(reader, value);
  } else {
    value.bytes = reader.take(info(value.type).bytes);
    value.is_kept = true;
  }
  return value;
}

std::string description(const GgufValue& value) {
  if (value.type == GgufType::array)
    return fmt::format("an array of {}, each {}", value.count, info(value.element).name);
  if (!value.is_kept) return fmt::format("a text of {} bytes", value.count);
  return std::string{info(value.type).name};
}

}  // namespace

std::int64_t checked_count(const ByteReader& reader, std::uint64_t count, std::int64_t smallest,
                           std::string_view what) {
  const auto most = static_cast<std::uint64_t>(reader.remaining() / smallest);
  if (count > most)
    reader.fail(reader.position() - 8,
                fmt::format("the {} is said to have {} elements of {} bytes or more, and only "
                            "{} bytes of a header can follow",
                            what, count, smallest, reader.remaining()));
  return static_cast<std::int64_t>(count);
}

std::string_view read_gguf_text(ByteReader& reader, std::int64_t most, std::string_view what) {
  const std::int64_t length = checked_count(reader, reader.number<std::uint64_t>(), 1, what);
  if (length == 0) reader.fail(reader.position() - 8, fmt::format("the {} is empty", what));
  if (length > most) reader.fail(reader.position() - 8, fmt::format("a {} of {} bytes", what, length));
  return reader.take(length);
}

GgufMetadata read_gguf_metadata(ByteReader& reader, std::uint64_t count) {
  if (count > most_values) reader.fail(reader.position() - 8, fmt::format("{} keys", count));
  std::vector<GgufValue> values;
  values.reserve(static_cast<std::size_t>(checked_count(reader, count, smallest_value, "metadata")));
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(read_value(reader));
  return GgufMetadata{reader.file().string(), std::move(values)};
}

GgufMetadata::GgufMetadata(std::string file, std::vector<GgufValue> values)
    : file_{std::move(file)}, values_{std::move(values)} {
  std::ranges::sort(values_, {}, [](const GgufValue& value) { return std::tie(value.key, value.position); });
  const auto twice = std::ranges::adjacent_find(values_, {}, &GgufValue::key);
  if (twice != values_.end()) fail(*std::next(twice), "must not stand there twice");
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
  const auto found = std::ranges::lower_bound(
      values_, key, {}, [](const GgufValue& value) -> std::string_view { return value.key; });
  return found == values_.end() || found->key != key ? nullptr : &*found;
}

void GgufMetadata::fail(const GgufValue& value, std::string_view rule) const {
  throw InputError{fmt::format("{}: {} at byte {} is {}", printable(file_), printable(value.key),
                               value.position, description(value)),
                   std::string{rule}, "convert the model again"};
}

std::optional<std::int64_t> GgufMetadata::integer(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const TypeInfo& type = info(value->type);
  if (type.integer == nullptr || value->type == GgufType::boolean) fail(*value, "must be an integer");
  const std::optional<std::int64_t> integer = type.integer(value->bytes);
  if (!integer) fail(*value, "must be below 2^63");
  return integer;
}

std::optional<double> GgufMetadata::number(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (info(value->type).number == nullptr) fail(*value, "must be a number");
  return info(value->type).number(value->bytes);
}

std::optional<bool> GgufMetadata::boolean(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::boolean) fail(*value, "must be a boolean");
  return value->bytes[0] != 0;
}

std::optional<std::string> GgufMetadata::text(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::text || !value->is_kept) fail(*value, "must be a text, and not a long one");
  return value->bytes;
}

std::optional<std::vector<std::int64_t>> GgufMetadata::integers(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const TypeInfo& type = info(value->type == GgufType::array ? value->element : value->type);
  if (type.integer == nullptr || !value->is_kept)
    fail(*value, fmt::format("must be an integer or an array of at most {} integers", most_kept_elements));
  std::vector<std::int64_t> integers;
  const std::string_view bytes = value->bytes;
  for (std::size_t at = 0; at < bytes.size(); at += static_cast<std::size_t>(type.bytes)) {
    const std::optional<std::int64_t> integer = type.integer(bytes.substr(at));
    if (!integer) fail(*value, "must be below 2^63");
    integers.push_back(*integer);
  }
  return integers;
}

std::optional<std::int64_t> GgufMetadata::length(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::array) fail(*value, "must be an array");
  return value->count;
}

}  // namespace calibram
