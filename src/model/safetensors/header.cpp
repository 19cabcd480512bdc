// SPDX-License-Identifier: MIT
// One safetensors header: a length, then JSON that gives each tensor its type, shape and place.
#include "src/core/number.hpp"
#include "src/core/printable.hpp"
#include "src/model/safetensors/json_header.hpp"
#include "src/model/safetensors/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <tuple>

namespace calibram {
namespace {

using Value = simdjson::simdjson_result<simdjson::ondemand::value>;

// Until all tensors are known, an offset counts from the start of the data, and a tensor has the bytes that
// its data_offsets span.

void read_type(JsonHeader& header, Value value, StoredTensor& tensor) {
  const std::string_view name = plain_text(value.get_raw_json_string());  // no type's name is escaped
  tensor.type = find_safetensors_type(name);
  if (tensor.type == nullptr) header.fail(fmt::format("unknown dtype {}", in_quotes(name)));
}

std::int64_t count_in(JsonHeader& header, Value value, std::string_view what) {
  const std::int64_t count = value.get_int64();
  if (count < 0) header.fail(fmt::format("{} is {} (must not be negative)", what, count));
  return count;
}

void read_shape(JsonHeader& header, Value value, StoredTensor& tensor) {
  for (auto dimension : value.get_array()) {
    if (tensor.shape.size() == most_dimensions)
      header.fail(fmt::format("shape has more than {} dimensions", most_dimensions));
    tensor.shape.push_back(count_in(header, dimension, "shape"));
  }
}

void read_place(JsonHeader& header, Value value, StoredTensor& tensor) {
  std::int64_t ends[2] = {};
  std::size_t count = 0;
  for (auto offset : value.get_array()) {
    if (count == 2) header.fail("data_offsets must be two integers");
    ends[count++] = count_in(header, offset, "data_offsets");
  }
  if (count != 2) header.fail("data_offsets must be two integers");
  if (ends[1] < ends[0]) header.fail("data_offsets end before they begin");
  tensor.offset = ends[0];
  tensor.bytes = Bytes{ends[1] - ends[0]};
}

struct Field {
  std::string_view name;
  void (*read)(JsonHeader&, Value, StoredTensor&);
};
constexpr std::array<Field, 3> fields = {
    {{"dtype", read_type}, {"shape", read_shape}, {"data_offsets", read_place}}};

void read_tensor(JsonHeader& header, Value value, StoredTensor& tensor) {
  unsigned seen = 0;
  simdjson::ondemand::object object = value.get_object();
  for (auto member : object) {
    const simdjson::ondemand::raw_json_string key = member.key();  // as it stands: nobody escapes these
    const auto* field = std::ranges::find_if(fields, [&](const Field& known) { return key == known.name; });
    if (field == fields.end()) continue;  // the reference ignores it too
    const unsigned bit = 1U << (field - fields.begin());
    if ((seen & bit) != 0) header.fail(fmt::format("{} stands there twice", field->name));
    seen |= bit;
    field->read(header, member.value(), tensor);
  }
  for (const Field& field : fields)
    if ((seen & 1U << (&field - fields.begin())) == 0) header.fail(fmt::format("has no {}", field.name));
}

void check_metadata(Value value) {
  simdjson::ondemand::object object = value.get_object();
  for (auto member : object) static_cast<void>(std::string_view{member.value().get_string()});
}

/// The bytes that type and shape make must be those that the offsets span.
void check_bytes(const ByteReader& reader, const StoredTensor& tensor) {
  const std::optional<std::int64_t> elements = element_count(tensor.shape);
  const std::optional<Bytes> bytes = elements ? stored_bytes(*tensor.type, *elements) : std::nullopt;
  if (bytes == tensor.bytes) return;
  const std::string name = in_quotes(tensor.name);
  if (!elements) reader.fail(fmt::format("{}: its elements do not fit 64 bits", name));
  if (!bytes)
    reader.fail(fmt::format("{}: {} elements of {} are no whole bytes, or too many", name, *elements,
                            tensor.type->name));
  reader.fail(fmt::format("{}: data_offsets span {} bytes, but type and shape make {}", name,
                          tensor.bytes.count(), bytes->count()));
}

/// Puts the tensors in the order of their data, which must follow each other without holes (safetensors:
/// Metadata::validate). @return where the last one ends
std::int64_t check_layout(const ByteReader& reader, std::span<StoredTensor> tensors) {
  // Tensors without bytes share an offset; the name gives them an order that is always the same.
  const auto place = [](const StoredTensor& tensor) {
    return std::tuple{tensor.offset, tensor.bytes, std::string_view{tensor.name}};
  };
  if (!std::ranges::is_sorted(tensors, {}, place)) std::ranges::sort(tensors, {}, place);
  std::int64_t end = 0;
  for (const StoredTensor& tensor : tensors) {
    if (tensor.offset != end)
      reader.fail(
          fmt::format("{}: its data begin at {} of the data, and must at {}, where those before end ({})",
                      in_quotes(tensor.name), tensor.offset, end,
                      tensor.offset < end ? "they overlap" : "there is a hole"));
    check_bytes(reader, tensor);
    end += tensor.bytes.count();
  }
  return end;
}

void read_tensors(ByteReader& reader, std::int64_t length, std::vector<StoredTensor>& tensors) {
  constexpr std::int64_t usual_bytes = 100;  // of a tensor in the header
  tensors.reserve(tensors.size() + static_cast<std::size_t>(length / usual_bytes));
  JsonHeader header{reader, length};
  header.visit([&](std::string_view name, Value value) {
    if (name == "__metadata__") return check_metadata(value);
    StoredTensor& tensor = tensors.emplace_back();
    tensor.name = name;
    read_tensor(header, value, tensor);
  });
}

std::int64_t header_length(ByteReader& reader) {
  const auto length = reader.number<std::uint64_t>();
  const auto largest = static_cast<std::uint64_t>(largest_safetensors_header.count() - 8);
  if (length > largest)
    reader.fail(0, fmt::format("the header is said to have {} bytes, and none may have more than {}; is it "
                               "safetensors at all?",
                               length, largest));
  return static_cast<std::int64_t>(length);
}

/// How much of the data is not there. More than there should be is refused, as by the reference.
Bytes missing_bytes(const ByteReader& reader, std::int64_t data_bytes) {
  const std::int64_t start = reader.position();
  if (data_bytes > highest_integer - start) reader.fail("the data end beyond 64 bits");
  const std::int64_t missing = start + data_bytes - reader.size().count();
  if (missing < 0) reader.fail(start + data_bytes, fmt::format("{} bytes behind the last tensor", -missing));
  return Bytes{missing};
}

}  // namespace

void read_safetensors_header(ByteReader& reader, StoredWeights& weights) {
  const std::size_t first = weights.tensors.size();
  read_tensors(reader, header_length(reader), weights.tensors);
  const std::span<StoredTensor> added = std::span{weights.tensors}.subspan(first);
  const Bytes missing = missing_bytes(reader, check_layout(reader, added));
  for (StoredTensor& tensor : added) {
    tensor.offset += reader.position();
    tensor.file = weights.files.size();
  }
  weights.files.push_back({reader.file(), reader.size(), Bytes{reader.position()}, missing});
  if (const auto twice = name_index(added).duplicate())
    reader.fail(fmt::format("{} stands there twice", in_quotes(*twice)));
}

}  // namespace calibram
