// SPDX-License-Identifier: MIT
// The table of stored element types.
#include "src/model/stored_type.hpp"

#include <algorithm>
#include <array>

namespace calibram {
namespace {

constexpr std::string_view ggml_h = "ggml: enum ggml_type in ggml.h, static_asserts of ggml-common.h";
constexpr std::string_view safetensors = "safetensors: Dtype::bitsize in tensor.rs";

// ggml's numbers 4, 5, 31 to 33 and 36 to 38 were types that were removed; no file may have them.
constexpr std::array types = {
    StoredType{"F32", 1, 4, 0, true, ggml_h},
    StoredType{"F16", 1, 2, 1, true, ggml_h},
    StoredType{"Q4_0", 32, 18, 2, false, ggml_h},
    StoredType{"Q4_1", 32, 20, 3, false, ggml_h},
    StoredType{"Q5_0", 32, 22, 6, false, ggml_h},
    StoredType{"Q5_1", 32, 24, 7, false, ggml_h},
    StoredType{"Q8_0", 32, 34, 8, false, ggml_h},
    StoredType{"Q8_1", 32, 36, 9, false, ggml_h},
    StoredType{"Q2_K", 256, 84, 10, false, ggml_h},
    StoredType{"Q3_K", 256, 110, 11, false, ggml_h},
    StoredType{"Q4_K", 256, 144, 12, false, ggml_h},
    StoredType{"Q5_K", 256, 176, 13, false, ggml_h},
    StoredType{"Q6_K", 256, 210, 14, false, ggml_h},
    StoredType{"Q8_K", 256, 292, 15, false, ggml_h},
    StoredType{"IQ2_XXS", 256, 66, 16, false, ggml_h},
    StoredType{"IQ2_XS", 256, 74, 17, false, ggml_h},
    StoredType{"IQ3_XXS", 256, 98, 18, false, ggml_h},
    StoredType{"IQ1_S", 256, 50, 19, false, ggml_h},
    StoredType{"IQ4_NL", 32, 18, 20, false, ggml_h},
    StoredType{"IQ3_S", 256, 110, 21, false, ggml_h},
    StoredType{"IQ2_S", 256, 82, 22, false, ggml_h},
    StoredType{"IQ4_XS", 256, 136, 23, false, ggml_h},
    StoredType{"I8", 1, 1, 24, true, ggml_h},
    StoredType{"I16", 1, 2, 25, true, ggml_h},
    StoredType{"I32", 1, 4, 26, true, ggml_h},
    StoredType{"I64", 1, 8, 27, true, ggml_h},
    StoredType{"F64", 1, 8, 28, true, ggml_h},
    StoredType{"IQ1_M", 256, 56, 29, false, ggml_h},
    StoredType{"BF16", 1, 2, 30, true, ggml_h},
    StoredType{"TQ1_0", 256, 54, 34, false, ggml_h},
    StoredType{"TQ2_0", 256, 66, 35, false, ggml_h},
    StoredType{"MXFP4", 32, 17, 39, false, ggml_h},
    StoredType{"NVFP4", 64, 36, 40, false, ggml_h},
    StoredType{"Q1_0", 128, 18, 41, false, ggml_h},
    StoredType{"Q2_0", 64, 18, 42, false, ggml_h},
    StoredType{"BOOL", 1, 1, -1, true, safetensors},
    StoredType{"F4", 2, 1, -1, true, safetensors},  // packed across the whole tensor, not by row
    StoredType{"F6_E2M3", 4, 3, -1, true, safetensors},
    StoredType{"F6_E3M2", 4, 3, -1, true, safetensors},
    StoredType{"U8", 1, 1, -1, true, safetensors},
    StoredType{"F8_E5M2", 1, 1, -1, true, safetensors},
    StoredType{"F8_E4M3", 1, 1, -1, true, safetensors},
    StoredType{"F8_E8M0", 1, 1, -1, true, safetensors},
    StoredType{"F8_E4M3FNUZ", 1, 1, -1, true, safetensors},
    StoredType{"F8_E5M2FNUZ", 1, 1, -1, true, safetensors},
    StoredType{"U16", 1, 2, -1, true, safetensors},
    StoredType{"U32", 1, 4, -1, true, safetensors},
    StoredType{"C64", 1, 8, -1, true, safetensors},
    StoredType{"U64", 1, 8, -1, true, safetensors},
};

}  // namespace

std::span<const StoredType> stored_types() { return types; }

const StoredType* find_ggml_type(std::uint32_t id) {
  const auto* found = std::ranges::find(types, std::int64_t{id}, &StoredType::ggml_id);
  return found == types.end() ? nullptr : found;
}

const StoredType* find_safetensors_type(std::string_view name) {
  const auto* found = std::ranges::find_if(
      types, [&](const StoredType& type) { return type.in_safetensors && type.name == name; });
  return found == types.end() ? nullptr : found;
}

std::optional<std::int64_t> element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape)
    if (__builtin_mul_overflow(count, dimension, &count)) return std::nullopt;
  return count;
}

std::optional<Bytes> stored_bytes(const StoredType& type, std::int64_t elements) {
  std::int64_t bytes = 0;
  if (elements % type.block_elements != 0) return std::nullopt;
  if (__builtin_mul_overflow(elements / type.block_elements, type.block_bytes, &bytes)) return std::nullopt;
  return Bytes{bytes};
}

}  // namespace calibram
