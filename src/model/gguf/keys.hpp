// SPDX-License-Identifier: MIT
// The hyper-parameters of a GGUF model by key, with the defaults that llama.cpp takes for absent ones.
#pragma once

#include "src/model/gguf/gguf.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// Asks for keys without the architecture's name before them, and keeps the words for every default that is
/// taken. Counts must fit 31 bits.
class GgufKeys {
 public:
  /// @param gguf  must outlive it @throws InputError where the file does not say its architecture
  explicit GgufKeys(const Gguf& gguf);

  const std::string& architecture() const { return architecture_; }
  /// The first of the model's files, as it stands in messages.
  const std::string& file() const { return file_; }

  std::optional<std::int64_t> find(std::string_view key) const;
  /// @throws InputError naming the key that is missing
  std::int64_t required(std::string_view key) const;
  double required_number(std::string_view key, std::string_view other_key) const;
  std::int64_t or_default(std::string_view key, std::int64_t value);
  double number_or_default(std::string_view key, double value);
  std::optional<bool> boolean(std::string_view key) const;
  bool required_boolean(std::string_view key) const;

  /// One value for each of `layers`: a list of that length, or a single one for all. Nothing when absent.
  std::optional<std::vector<std::int64_t>> per_layer(std::string_view key, std::int64_t layers) const;
  /// Of more than one.
  bool is_list(std::string_view key) const;
  std::optional<std::int64_t> list_length(std::string_view full_key) const;

  /// "x.gguf: llama.block_count = 5000 (must be at most 4096); convert the model again".
  [[noreturn]] void fail(std::string_view key, const std::string& value, const std::string& rule) const;
  /// Any other contradiction of this file.
  [[noreturn]] void fail(const std::string& problem, const std::string& reason) const;

  /// "rope.freq_base = 10000", for each default that was taken.
  const std::vector<std::string>& defaults() const { return defaults_; }

 private:
  std::string full(std::string_view key) const { return architecture_ + "." + std::string{key}; }
  [[noreturn]] void fail_missing(std::string_view key) const;
  template <class Number>
  void note_default(std::string_view key, Number value);
  std::int64_t checked(std::string_view key, std::int64_t value) const;

  const GgufMetadata& metadata_;
  std::string file_, architecture_;
  std::vector<std::string> defaults_;
};

}  // namespace calibram
