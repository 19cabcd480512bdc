// SPDX-License-Identifier: MIT
// Parses JSON with a limit on nesting, and words the errors of its values.
#include "src/core/json_file.hpp"

#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace calibram {
namespace {

using Json = nlohmann::json;

// Beyond, neighbouring integers share one double.
constexpr double largest_exact_integer = 9007199254740992.0;

constexpr std::size_t shown_value = 60;

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (const auto* text = value.get_ptr<const std::string*>())
    return "\"" + printable(*text, shown_value) + "\"";
  return value.dump();
}

std::string member_path(const std::string& path, std::string_view key) {
  const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  return plain ? fmt::format("{}.{}", path, key) : fmt::format("{}[\"{}\"]", path, printable(key));
}

std::optional<std::int64_t> exact_integer(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(highest_integer)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  if (std::abs(number) > largest_exact_integer || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

/// What the library says behind its own prefix "[json...] parse error at line 3, column 5: ".
std::string parser_text(std::string_view what) {
  const std::size_t id_end = what.find("] ");
  if (id_end != what.npos) what.remove_prefix(id_end + 2);
  const std::size_t place_end = what.find(": ");
  if (what.starts_with("parse error") && place_end != what.npos) what.remove_prefix(place_end + 2);
  return printable(what, 160);
}

[[noreturn]] void throw_syntax_error(std::string_view text, const std::string& name,
                                     const Json::parse_error& error) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
  const auto line = 1 + std::count(text.begin(), end, '\n');
  throw InputError{fmt::format("{}:{}: not valid JSON", name, line), parser_text(error.what()),
                   "correct it, or fetch the file again"};
}

}  // namespace

JsonNode::JsonNode(std::shared_ptr<const Json> value, std::string file, std::string path)
    : value_{std::move(value)}, file_{std::move(file)}, path_{std::move(path)} {}

bool JsonNode::has(std::string_view key) const { return find(key).has_value(); }

std::optional<JsonNode> JsonNode::find(std::string_view key) const {
  if (!value_->is_object()) fail("must be an object");
  const auto member = value_->find(key);
  if (member == value_->end() || member->is_null()) return std::nullopt;
  return JsonNode{{value_, &*member}, file_, member_path(path_, key)};
}

JsonNode JsonNode::required(std::string_view key, const std::string& rule) const {
  if (auto member = find(key)) return *std::move(member);
  throw InputError{fmt::format("{}: {} is missing", file_, member_path(path_, key)), "must be " + rule,
                   "add it"};
}

JsonNode JsonNode::object(std::string_view key) const {
  JsonNode node = required(key, "an object");
  if (!node.value_->is_object()) node.fail("must be an object");
  return node;
}
std::vector<JsonNode> JsonNode::array(std::string_view key) const {
  return required(key, "an array").elements();
}
std::string JsonNode::text(std::string_view key) const { return required(key, "a text").as_text(); }
bool JsonNode::boolean(std::string_view key) const { return required(key, "true or false").as_boolean(); }
std::int64_t JsonNode::integer(std::string_view key, std::int64_t lowest, std::int64_t highest) const {
  return required(key, integer_rule(lowest, highest)).as_integer(lowest, highest);
}
double JsonNode::number(std::string_view key, double lowest, double highest) const {
  return required(key, number_rule(lowest, highest)).as_number(lowest, highest);
}

std::optional<JsonNode> JsonNode::optional_object(std::string_view key) const {
  return has(key) ? std::optional{object(key)} : std::nullopt;
}
std::optional<std::vector<JsonNode>> JsonNode::optional_array(std::string_view key) const {
  return has(key) ? std::optional{array(key)} : std::nullopt;
}
std::optional<std::string> JsonNode::optional_text(std::string_view key) const {
  return has(key) ? std::optional{text(key)} : std::nullopt;
}
std::optional<bool> JsonNode::optional_boolean(std::string_view key) const {
  return has(key) ? std::optional{boolean(key)} : std::nullopt;
}
std::optional<std::int64_t> JsonNode::optional_integer(std::string_view key, std::int64_t lowest,
                                                       std::int64_t highest) const {
  return has(key) ? std::optional{integer(key, lowest, highest)} : std::nullopt;
}
std::optional<double> JsonNode::optional_number(std::string_view key, double lowest, double highest) const {
  return has(key) ? std::optional{number(key, lowest, highest)} : std::nullopt;
}

std::string JsonNode::as_text() const {
  if (!value_->is_string()) fail("must be a text");
  return value_->get<std::string>();
}

bool JsonNode::as_boolean() const {
  if (!value_->is_boolean()) fail("must be true or false");
  return value_->get<bool>();
}

std::int64_t JsonNode::as_integer(std::int64_t lowest, std::int64_t highest) const {
  const std::optional<std::int64_t> number = exact_integer(*value_);
  if (!number || *number < lowest || *number > highest) fail("must be " + integer_rule(lowest, highest));
  return *number;
}

double JsonNode::as_number(double lowest, double highest) const {
  const double number = value_->is_number() ? value_->get<double>() : std::nan("");
  if (!(number >= lowest && number <= highest)) fail("must be " + number_rule(lowest, highest));
  return number;
}

std::vector<JsonNode> JsonNode::elements() const {
  if (!value_->is_array()) fail("must be an array");
  std::vector<JsonNode> nodes;
  for (std::size_t i = 0; i < value_->size(); ++i)
    nodes.push_back({{value_, &(*value_)[i]}, file_, fmt::format("{}[{}]", path_, i)});
  return nodes;
}

std::vector<std::pair<std::string, JsonNode>> JsonNode::members() const {
  if (!value_->is_object()) fail("must be an object");
  std::vector<std::pair<std::string, JsonNode>> nodes;
  for (const auto& [key, value] : value_->items())
    if (!value.is_null()) nodes.emplace_back(key, JsonNode{{value_, &value}, file_, member_path(path_, key)});
  return nodes;
}

void JsonNode::fail(const std::string& rule, const std::string& remedy) const {
  throw InputError{fmt::format("{}: {} is {}", file_, path_, shown(*value_)), rule, remedy};
}

JsonNode parse_json(std::string_view text, const std::string& name) {
  const auto check_depth = [&name](int depth, Json::parse_event_t event, const Json&) {
    const bool begins =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (begins && depth >= deepest_json)
      throw InputError{fmt::format("{}: nested too deep", name),
                       fmt::format("more than {} levels", deepest_json),
                       "check that it is the file you mean"};
    return true;
  };
  try {
    return {std::make_shared<const Json>(Json::parse(text, check_depth)), name};
  } catch (const Json::parse_error& error) {
    throw_syntax_error(text, name, error);
  } catch (const Json::exception& error) {
    throw InputError{name + ": not usable JSON", parser_text(error.what()), "correct the number"};
  }
}

JsonNode load_json(const std::filesystem::path& file, Bytes limit) {
  return parse_json(read_file(file, limit), file.string());
}

}  // namespace calibram
