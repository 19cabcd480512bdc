// SPDX-License-Identifier: MIT
// One GGUF header: magic, version, metadata, then each tensor's name, shape, type and place.
#include "src/core/number.hpp"
#include "src/core/printable.hpp"
#include "src/model/gguf/gguf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace calibram {
namespace {

constexpr std::uint32_t most_ggml_dimensions = 4;  // ggml.h: GGML_MAX_DIMS
constexpr std::int64_t default_alignment = 32;     // gguf.h: GGUF_DEFAULT_ALIGNMENT
constexpr std::int64_t longest_name = 1023;        // ggml.h: GGML_MAX_NAME is 64 unless built otherwise
constexpr std::uint64_t most_tensors = 1'000'000;  // the largest models have a hundred thousand
constexpr std::int64_t smallest_tensor = 8 + 1 + 4 + 4 + 8;

void check_magic(ByteReader& reader) {
  const std::string magic{reader.take(4)};
  if (magic != "GGUF") reader.fail(0, fmt::format("no GGUF file: it begins with {}", in_quotes(magic)));
}

/// Counts of the file's parts. Version 1 had them, and all lengths, in 32 bits.
struct Counts {
  std::uint64_t tensors, values;
};

Counts read_counts(ByteReader& reader) {
  check_magic(reader);
  const auto version = reader.number<std::uint32_t>();
  if (version != 0 && (version & 0xffff) == 0)  // ggml's own test: no version is that high
    reader.fail(4, fmt::format("a big-endian file, version {}; only little-endian ones are read",
                               __builtin_bswap32(version)));
  if (version != 2 && version != 3)
    reader.fail(4, fmt::format("GGUF version {}; versions 2 and 3 are read", version));
  const auto tensors = reader.number<std::uint64_t>();
  if (tensors > most_tensors)
    reader.fail(8, fmt::format("{} tensors; no more than {} are read", tensors, most_tensors));
  return {tensors, reader.number<std::uint64_t>()};
}

std::int64_t read_alignment(const ByteReader& reader, const GgufMetadata& metadata) {
  const std::int64_t alignment = metadata.integer("general.alignment").value_or(default_alignment);
  if (alignment < 1 || alignment > highest_integer / 2 ||
      !std::has_single_bit(static_cast<std::uint64_t>(alignment)))
    reader.fail(fmt::format("general.alignment is {} (must be a power of two)", alignment));
  return alignment;
}

/// Dimensions stand in the file innermost first.
Shape read_shape(ByteReader& reader, const std::string& name) {
  const auto count = reader.number<std::uint32_t>();
  if (count > most_ggml_dimensions)
    reader.fail(reader.position() - 4, fmt::format("{} has {} dimensions; ggml knows {}", in_quotes(name),
                                                   count, most_ggml_dimensions));
  Shape shape;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto dimension = reader.number<std::int64_t>();
    if (dimension < 1)
      reader.fail(reader.position() - 8, fmt::format("{} has a dimension of {}", in_quotes(name), dimension));
    shape.push_back(dimension);
  }
  std::ranges::reverse(shape);
  return shape;
}

const StoredType& read_type(ByteReader& reader, const std::string& name) {
  const auto id = reader.number<std::uint32_t>();
  const StoredType* type = find_ggml_type(id);
  if (type == nullptr)
    reader.fail(reader.position() - 4, fmt::format("{} has the unknown type {}", in_quotes(name), id));
  return *type;
}

Bytes data_bytes(const ByteReader& reader, const StoredTensor& tensor) {
  const std::optional<std::int64_t> elements = element_count(tensor.shape);
  if (!elements) reader.fail(fmt::format("{}: its elements do not fit 64 bits", in_quotes(tensor.name)));
  const std::int64_t row = tensor.shape.empty() ? 1 : tensor.shape.back();
  if (row % tensor.type->block_elements != 0)
    reader.fail(fmt::format("{}: {} elements in a row are no multiple of {}'s {}", in_quotes(tensor.name),
                            row, tensor.type->name, tensor.type->block_elements));
  const std::optional<Bytes> bytes = stored_bytes(*tensor.type, *elements);
  if (!bytes) reader.fail(fmt::format("{}: its bytes do not fit 64 bits", in_quotes(tensor.name)));
  return *bytes;
}

/// Tensors' data in the file's data: each begins where the one before ends, rounded up.
class Layout {
 public:
  Layout(const ByteReader& reader, std::int64_t alignment) : reader_{reader}, alignment_{alignment} {}

  /// Where the last tensor ends, padding left out.
  std::int64_t end() const { return end_; }

  void add(StoredTensor& tensor, std::uint64_t offset) {
    const std::int64_t begin = round_up(end_, alignment_);
    if (offset != static_cast<std::uint64_t>(begin))
      reader_.fail(reader_.position() - 8,
                   fmt::format("{}: its data begin at {} of the data, and must at {}, behind those before",
                               in_quotes(tensor.name), offset, begin));
    // Half the range: what is rounded up to the alignment, and what begins behind the header, fits too.
    if (tensor.bytes.count() > highest_integer / 2 - alignment_ - begin)
      reader_.fail(fmt::format("{}: its data end beyond 2^62", in_quotes(tensor.name)));
    tensor.offset = begin;
    end_ = begin + tensor.bytes.count();
  }

 private:
  const ByteReader& reader_;
  std::int64_t alignment_, end_ = 0;
};

StoredTensor read_tensor(ByteReader& reader, Layout& layout) {
  StoredTensor tensor;
  tensor.name = read_gguf_text(reader, longest_name, "tensor name");
  tensor.shape = read_shape(reader, tensor.name);
  tensor.type = &read_type(reader, tensor.name);
  tensor.bytes = data_bytes(reader, tensor);
  layout.add(tensor, reader.number<std::uint64_t>());
  return tensor;
}

}  // namespace

GgufMetadata read_gguf_header(ByteReader& reader, StoredWeights& weights) {
  const Counts counts = read_counts(reader);
  GgufMetadata metadata = read_gguf_metadata(reader, counts.values);
  const std::int64_t alignment = read_alignment(reader, metadata);
  const std::size_t first = weights.tensors.size();
  weights.tensors.reserve(first + static_cast<std::size_t>(checked_count(
                                      reader, counts.tensors, smallest_tensor, "list of tensors")));
  Layout layout{reader, alignment};
  for (std::uint64_t i = 0; i < counts.tensors; ++i) weights.tensors.push_back(read_tensor(reader, layout));

  const auto added = std::span{weights.tensors}.subspan(first);
  // Without tensors, ggml asks for no padding.
  const std::int64_t start = added.empty() ? reader.position() : round_up(reader.position(), alignment);
  for (StoredTensor& tensor : added) {
    tensor.offset += start;
    tensor.file = weights.files.size();
  }
  const Bytes missing{std::max<std::int64_t>(0, start + layout.end() - reader.size().count())};
  weights.files.push_back({reader.file(), reader.size(), Bytes{start}, added.empty() ? Bytes{} : missing});
  if (const auto twice = name_index(added).duplicate())
    reader.fail(fmt::format("the tensor {} stands there twice", in_quotes(*twice)));
  return metadata;
}

}  // namespace calibram
