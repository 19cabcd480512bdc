// SPDX-License-Identifier: MIT
// Elements of tensors in kernels: as floats, by the type that the tensor's element is.
#pragma once

#include "kernels/tensors.hpp"

#include <cuda_fp16.h>

#include <cstring>

namespace calibram {

__device__ inline float as_float(float x) { return x; }
__device__ inline float as_float(__half x) { return __half2float(x); }
__device__ inline float as_float(std::int8_t x) { return static_cast<float>(x); }

/// Stores a float, rounded to the nearest even where the element is FP16.
__device__ inline void store(float x, float& to) { to = x; }
__device__ inline void store(float x, __half& to) { to = __float2half_rn(x); }

/// Eight neighbouring elements that a thread takes at once: 16 bytes of FP16, twice that of FP32.
inline constexpr int pack_elements = 8;
/// What packs must be aligned to.
inline constexpr std::size_t pack_alignment = 16;

/// Tells the compiler of the alignment, so that it copies 16 bytes at a time.
__device__ inline const void* at_pack(const void* address) {
  return __builtin_assume_aligned(address, pack_alignment);
}
__device__ inline void* at_pack(void* address) { return __builtin_assume_aligned(address, pack_alignment); }

template <typename T>
__device__ void load_pack(const T* from, float (&to)[pack_elements]) {
  alignas(pack_alignment) T elements[pack_elements];
  memcpy(elements, at_pack(from), sizeof elements);
  for (int i = 0; i < pack_elements; ++i) to[i] = as_float(elements[i]);
}

template <typename T>
__device__ void store_pack(const float (&from)[pack_elements], T* to) {
  alignas(pack_alignment) T elements[pack_elements];
  for (int i = 0; i < pack_elements; ++i) store(from[i], elements[i]);
  memcpy(at_pack(to), elements, sizeof elements);
}

/// `count` neighbouring elements that are loaded or stored at once, from an address that their size divides.
template <typename T, std::size_t count>
struct alignas(count * sizeof(T)) Chunk {
  T x[count];

  __device__ static Chunk load(const T* from) { return *reinterpret_cast<const Chunk*>(from); }
  __device__ void store(T* to) const { *reinterpret_cast<Chunk*>(to) = *this; }
};

inline bool is_aligned(const Tensor& tensor) {
  return reinterpret_cast<std::uintptr_t>(tensor.data) % pack_alignment == 0;
}

/// Elements whose format is told apart when they are read or written, for what is not worth kernels of its
/// own.
struct AnyElements {
  void* data = nullptr;
  Element element = Element::fp32;

  __device__ bool empty() const { return data == nullptr; }
  __device__ float operator[](std::int64_t i) const {
    if (element == Element::fp16) return as_float(static_cast<const __half*>(data)[i]);
    if (element == Element::int8) return as_float(static_cast<const std::int8_t*>(data)[i]);
    return static_cast<const float*>(data)[i];
  }
  /// FP16 or FP32.
  __device__ void set(std::int64_t i, float value) const {
    if (element == Element::fp16)
      store(value, static_cast<__half*>(data)[i]);
    else
      static_cast<float*>(data)[i] = value;
  }
};
inline AnyElements any_elements(const Tensor& tensor) { return {tensor.data, tensor.element}; }

/// Calls f with a null pointer of the type of the tensor's elements: `[&](auto* type) { using T =
/// std::remove_pointer_t<decltype(type)>; ... }`. Only types of `Known` are instantiated.
/// @throws InputError for elements that are none of them
template <typename Function>
void with_float(const Tensor& tensor, std::string_view operation, Function&& f) {
  if (tensor.element == Element::fp16) return f(static_cast<__half*>(nullptr));
  require(tensor.element == Element::fp32, operation, "there is no kernel for this combination of formats");
  f(static_cast<float*>(nullptr));
}

/// The same where INT8 is possible too.
template <typename Function>
void with_element(const Tensor& tensor, std::string_view operation, Function&& f) {
  if (tensor.element == Element::int8) return f(static_cast<std::int8_t*>(nullptr));
  with_float(tensor, operation, f);
}

template <typename Pointer>
using Pointee = std::remove_pointer_t<Pointer>;

}  // namespace calibram
