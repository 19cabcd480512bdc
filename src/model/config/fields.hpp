// SPDX-License-Identifier: MIT
// The fields of one config.json, read with what its family takes where a field is absent.
#pragma once

#include "src/core/json_file.hpp"
#include "src/model/config/family.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// The largest size that a field may have.
inline constexpr std::int64_t largest_field = 2147483647;

/// A size that may differ between layers.
class PerLayer {
 public:
  PerLayer() = default;
  explicit PerLayer(std::vector<std::int64_t> values) : values_{std::move(values)} {}

  std::int64_t at(std::int64_t layer) const {
    return values_.size() == 1 ? values_.front() : values_[static_cast<std::size_t>(layer)];
  }

 private:
  std::vector<std::int64_t> values_ = {0};  ///< one for all layers, or one for each
};

/// Names are those of family.hpp: several are separated by blanks, and a dot leads into an object.
/// All of it throws InputError with the JSON path of what is missing or wrong.
class ConfigFields {
 public:
  /// @param outer  around the text part of a multimodal model: what holds for all its parts
  explicit ConfigFields(JsonNode root, std::optional<JsonNode> outer = {});

  const JsonNode& root() const noexcept { return root_; }

  /// The first that is there and not null.
  std::optional<JsonNode> find(std::string_view names) const;
  /// The same, and where there is none, of the model around this one.
  std::optional<JsonNode> find_outside(std::string_view names) const;
  /// The reference implementations tell a field that is null from one that is absent.
  bool is_null(std::string_view names) const;

  std::optional<std::int64_t> given(const Size& size, std::int64_t lowest = 1) const;
  std::int64_t value(const Size& size, std::int64_t lowest = 1);
  /// The same for a field whose null means 0.
  std::int64_t count(const Size& size);
  /// One number for all layers, or an array with one for each.
  PerLayer per_layer(const Size& size, std::int64_t layers, std::int64_t lowest = 1);
  /// An array with one entry for each layer.
  std::vector<JsonNode> layer_array(std::string_view names, std::int64_t layers) const;
  double value(const Number& number, double lowest, double highest) const;
  bool is_on(const Switch& property) const;

  /// Notes a default that was taken, for the remarks.
  void assume(std::string_view names, const std::string& value);
  const std::vector<std::string>& assumed() const noexcept { return assumed_; }

  /// Throws that the first of these fields that is there, or else its absence, breaks a rule: "must be ...".
  [[noreturn]] void fail(std::string_view names, const std::string& value, const std::string& rule) const;

 private:
  JsonNode root_;
  std::optional<JsonNode> outer_;
  std::vector<std::string> assumed_;
};

}  // namespace calibram
