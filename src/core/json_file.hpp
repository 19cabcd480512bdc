// SPDX-License-Identifier: MIT
// JSON documents from files, and checked access to their values that names file and place in every error.
#pragma once

#include "src/core/bytes.hpp"
#include "src/core/number.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace calibram {

/// A value in a JSON document, with the file and the path ("$.layers[3].size") that lead to it. Cheap to
/// copy; shares the document. A null counts as absent. Accessors throw InputError, for example
/// `config.json: $.hidden_size is "abc" (must be an integer from 1 to 1048576); correct it`.
class JsonNode {
 public:
  JsonNode(std::shared_ptr<const nlohmann::json> value, std::string file, std::string path = "$");

  const std::string& file() const noexcept { return file_; }
  const std::string& path() const noexcept { return path_; }
  const nlohmann::json& value() const noexcept { return *value_; }

  // Members of this object. Those named optional_ are empty when the member is absent, and throw when it is
  // there but of the wrong kind.
  bool has(std::string_view key) const;
  std::optional<JsonNode> find(std::string_view key) const;
  JsonNode object(std::string_view key) const;
  std::vector<JsonNode> array(std::string_view key) const;
  std::string text(std::string_view key) const;
  bool boolean(std::string_view key) const;
  std::int64_t integer(std::string_view key, std::int64_t lowest = lowest_integer,
                       std::int64_t highest = highest_integer) const;
  double number(std::string_view key, double lowest = lowest_number, double highest = highest_number) const;
  std::optional<JsonNode> optional_object(std::string_view key) const;
  std::optional<std::vector<JsonNode>> optional_array(std::string_view key) const;
  std::optional<std::string> optional_text(std::string_view key) const;
  std::optional<bool> optional_boolean(std::string_view key) const;
  std::optional<std::int64_t> optional_integer(std::string_view key, std::int64_t lowest = lowest_integer,
                                               std::int64_t highest = highest_integer) const;
  std::optional<double> optional_number(std::string_view key, double lowest = lowest_number,
                                        double highest = highest_number) const;

  // This value itself, for the elements of arrays.
  std::string as_text() const;
  bool as_boolean() const;
  /// 1e3 and 5.0 are integers too, 5.5 is not.
  std::int64_t as_integer(std::int64_t lowest = lowest_integer, std::int64_t highest = highest_integer) const;
  double as_number(double lowest = lowest_number, double highest = highest_number) const;
  std::vector<JsonNode> elements() const;                         ///< of an array
  std::vector<std::pair<std::string, JsonNode>> members() const;  ///< of an object, by name; no nulls

  /// Throws the error that this value is not as `rule` says: "must be ...".
  [[noreturn]] void fail(const std::string& rule, const std::string& remedy = "correct it") const;

 private:
  JsonNode required(std::string_view key, const std::string& rule) const;

  std::shared_ptr<const nlohmann::json> value_;
  std::string file_, path_;
};

/// No document nests deeper: reading one must not exhaust the stack.
inline constexpr int deepest_json = 64;

/// @throws InputError for what cannot be read, is larger than `limit`, or is not JSON (with file:line)
JsonNode load_json(const std::filesystem::path& file, Bytes limit = Bytes{16 << 20});

/// The same for text in memory; `name` stands for the file in messages.
JsonNode parse_json(std::string_view text, const std::string& name);

}  // namespace calibram
