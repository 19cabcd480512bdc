// SPDX-License-Identifier: MIT
// Prefixed keys, their checks, and the words for defaults.
#include "src/model/gguf/keys.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace calibram {
namespace {

constexpr const char* remedy = "convert the model again";
constexpr std::int64_t largest = 2147483647;  // of llama.cpp's counts, which have 32 bits

}  // namespace

GgufKeys::GgufKeys(const Gguf& gguf) : metadata_{gguf.metadata} {
  file_ = gguf.weights.files.empty() ? "the model" : printable(gguf.weights.files.front().path.string());
  const std::optional<std::string> architecture = metadata_.text("general.architecture");
  if (!architecture)
    throw InputError{file_ + ": general.architecture is missing", "it says how to read everything else",
                     remedy};
  architecture_ = *architecture;
}

std::int64_t GgufKeys::checked(std::string_view key, std::int64_t value) const {
  if (value < 0 || value > largest)
    fail(key, std::to_string(value), fmt::format("must be from 0 to {}", largest));
  return value;
}

std::optional<std::int64_t> GgufKeys::find(std::string_view key) const {
  const std::optional<std::int64_t> value = metadata_.integer(full(key));
  return value ? std::optional{checked(key, *value)} : std::nullopt;
}

std::int64_t GgufKeys::required(std::string_view key) const {
  if (const std::optional<std::int64_t> value = find(key)) return *value;
  fail_missing(key);
}

void GgufKeys::fail_missing(std::string_view key) const {
  fail(fmt::format("{} is missing", printable(full(key))), "llama.cpp has no default for it");
}

double GgufKeys::required_number(std::string_view key, std::string_view other_key) const {
  if (const std::optional<double> value = metadata_.number(full(key))) return *value;
  if (const std::optional<double> value = metadata_.number(full(other_key))) return *value;
  fail_missing(key);
}

std::int64_t GgufKeys::or_default(std::string_view key, std::int64_t value) {
  if (const std::optional<std::int64_t> found = find(key)) return *found;
  note_default(key, value);
  return value;
}

double GgufKeys::number_or_default(std::string_view key, double value) {
  if (const std::optional<double> found = metadata_.number(full(key))) return *found;
  note_default(key, value);
  return value;
}

template <class Number>
void GgufKeys::note_default(std::string_view key, Number value) {
  std::string words = fmt::format("{} = {}", key, value);
  if (std::ranges::find(defaults_, words) == defaults_.end()) defaults_.push_back(std::move(words));
}

bool GgufKeys::required_boolean(std::string_view key) const {
  if (const std::optional<bool> value = boolean(key)) return *value;
  fail_missing(key);
}

std::optional<bool> GgufKeys::boolean(std::string_view key) const { return metadata_.boolean(full(key)); }

std::optional<std::vector<std::int64_t>> GgufKeys::per_layer(std::string_view key,
                                                             std::int64_t layers) const {
  std::optional<std::vector<std::int64_t>> values = metadata_.integers(full(key));
  if (!values) return std::nullopt;
  for (const std::int64_t value : *values) checked(key, value);
  if (std::ssize(*values) == layers) return values;
  if (values->size() != 1)
    fail(key, fmt::format("a list of {}", values->size()),
         fmt::format("must be one number for each of the {} layers", layers));
  const std::int64_t value = *metadata_.integer(full(key));  // refuses a list of one
  return std::vector(static_cast<std::size_t>(layers), value);
}

bool GgufKeys::is_list(std::string_view key) const {
  const auto values = metadata_.integers(full(key));
  return values && values->size() > 1;
}

std::optional<std::int64_t> GgufKeys::list_length(std::string_view full_key) const {
  return metadata_.length(full_key);
}

void GgufKeys::fail(std::string_view key, const std::string& value, const std::string& rule) const {
  fail(fmt::format("{} = {}", printable(full(key)), value), rule);
}

void GgufKeys::fail(const std::string& problem, const std::string& reason) const {
  throw InputError{file_ + ": " + problem, reason, remedy};
}

}  // namespace calibram
