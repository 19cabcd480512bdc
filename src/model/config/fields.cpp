// SPDX-License-Identifier: MIT
// Finds fields by their names and paths, and takes a family's defaults.
#include "src/model/config/fields.hpp"

#include "src/core/error.hpp"
#include "src/core/words.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace calibram {
namespace {

std::string_view first_of(std::string_view names) { return names.substr(0, names.find(' ')); }

std::optional<JsonNode> find_path(const JsonNode& root, std::string_view path) {
  std::optional<JsonNode> node = root;
  for (const std::string_view name : split(path, '.'))
    if (node) node = node->find(name);
  return node;
}

std::optional<JsonNode> find_any(const JsonNode& root, std::string_view names) {
  for (const std::string_view path : split(names, ' '))
    if (auto node = find_path(root, path)) return node;
  return std::nullopt;
}

/// The error that the field is missing.
std::int64_t require(JsonNode node, std::string_view path, std::int64_t lowest) {
  std::vector<std::string_view> names = split(path, '.');
  const std::string_view last = names.back();
  names.pop_back();
  for (const std::string_view name : names) node = node.object(name);
  return node.integer(last, lowest, largest_field);
}

}  // namespace

ConfigFields::ConfigFields(JsonNode root, std::optional<JsonNode> outer)
    : root_{std::move(root)}, outer_{std::move(outer)} {}

std::optional<JsonNode> ConfigFields::find(std::string_view names) const { return find_any(root_, names); }

std::optional<JsonNode> ConfigFields::find_outside(std::string_view names) const {
  if (auto node = find(names)) return node;
  return outer_ ? find_any(*outer_, names) : std::nullopt;
}

bool ConfigFields::is_null(std::string_view names) const {
  if (find(names)) return false;
  for (const std::string_view name : split(names, ' ')) {
    const auto member = root_.value().find(std::string{name});
    if (member != root_.value().end() && member->is_null()) return true;
  }
  return false;
}

std::optional<std::int64_t> ConfigFields::given(const Size& size, std::int64_t lowest) const {
  const std::optional<JsonNode> node = find(size.field);
  return node ? std::optional{node->as_integer(lowest, largest_field)} : std::nullopt;
}

std::int64_t ConfigFields::value(const Size& size, std::int64_t lowest) {
  if (const auto number = given(size, lowest)) return *number;
  if (!size.by_default) return require(root_, first_of(size.field), lowest);
  assume(size.field, std::to_string(*size.by_default));
  return *size.by_default;
}

std::int64_t ConfigFields::count(const Size& size) {
  if (size.field.empty()) return size.by_default.value_or(0);
  return is_null(size.field) ? 0 : value(size, 0);
}

std::vector<JsonNode> ConfigFields::layer_array(std::string_view names, std::int64_t layers) const {
  const std::optional<JsonNode> node = find(names);
  if (!node) return root_.array(first_of(names));  // the error that it is missing
  std::vector<JsonNode> elements = node->elements();
  if (static_cast<std::int64_t>(elements.size()) != layers)
    node->fail(fmt::format("must have one entry per layer, {}", layers));
  return elements;
}

PerLayer ConfigFields::per_layer(const Size& size, std::int64_t layers, std::int64_t lowest) {
  const std::optional<JsonNode> node = find(size.field);
  if (!node || !node->value().is_array()) return PerLayer{{value(size, lowest)}};
  std::vector<std::int64_t> values;
  for (const JsonNode& element : layer_array(size.field, layers))
    values.push_back(element.as_integer(lowest, largest_field));
  return PerLayer{std::move(values)};
}

double ConfigFields::value(const Number& number, double lowest, double highest) const {
  const std::optional<JsonNode> node = find(number.field);
  return node ? node->as_number(lowest, highest) : number.by_default;
}

bool ConfigFields::is_on(const Switch& property) const {
  const std::optional<JsonNode> node = find(property.field);
  return node ? node->as_boolean() : property.by_default;
}

void ConfigFields::assume(std::string_view names, const std::string& value) {
  if (names.empty()) return;
  std::string text = fmt::format("{} {}", first_of(names), value);
  if (std::find(assumed_.begin(), assumed_.end(), text) == assumed_.end())
    assumed_.push_back(std::move(text));
}

void ConfigFields::fail(std::string_view names, const std::string& value, const std::string& rule) const {
  if (const std::optional<JsonNode> node = find(names)) node->fail(rule);
  throw InputError{
      fmt::format("{}: {}.{} is absent, which means {}", root_.file(), root_.path(), first_of(names), value),
      rule, "give it"};
}

}  // namespace calibram
