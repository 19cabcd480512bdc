// SPDX-License-Identifier: MIT
// The tensors of a GGUF model sorted into layers, where they are asked for by the rest of their names.
#pragma once

#include "src/model/gguf/keys.hpp"
#include "src/model/stored_tensor.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace calibram {

/// Tensors by name: those of one layer without "blk.N." before it, or those outside the layers.
class TensorsByName {
 public:
  struct Entry {
    std::string_view name;
    const StoredTensor* tensor = nullptr;
    bool is_described = false;
  };

  void add(std::string_view name, const StoredTensor& tensor) { entries_.push_back({name, &tensor}); }
  void sort();

  const StoredTensor* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// The rows of a matrix, or of one of several; 0 where there is no such tensor.
  std::int64_t rows(std::string_view name) const;

  /// Of a tensor that is there. What no description claims is said in the end.
  bool is_described(std::string_view name) const { return entry(name)->is_described; }
  void claim(std::string_view name) { entries_[place(name)].is_described = true; }
  std::span<const Entry> entries() const { return entries_; }

 private:
  std::size_t place(std::string_view name) const;
  const Entry* entry(std::string_view name) const;

  std::vector<Entry> entries_;
};

struct GgufTensors {
  TensorsByName outer;
  std::vector<TensorsByName> layers;
};

/// @throws InputError for a tensor of a layer beyond `layer_count`, and where files are missing
GgufTensors sorted_tensors(const StoredWeights& weights, std::int64_t layer_count, const GgufKeys& keys);

}  // namespace calibram
