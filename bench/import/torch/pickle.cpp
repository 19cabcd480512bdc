// SPDX-License-Identifier: MIT
// Looks things up in a pickle's values.
#include "bench/import/torch/pickle.hpp"

#include "bench/import/torch/pickle_machine.hpp"

namespace calibram {
namespace {

const std::vector<PickleValue> nothing;

}  // namespace

Pickle::Pickle(ByteReader& reader, const PickleLimits& limits) { PickleMachine{reader, limits, *this}.run(); }

std::string_view Pickle::text(PickleValue value) const {
  if (value.kind != PickleKind::text) return {};
  const auto [begin, size] = texts_[static_cast<std::size_t>(value.content)];
  return {characters_.data() + begin, size};
}

const std::vector<PickleValue>& Pickle::list(PickleValue value) const {
  return value.kind == PickleKind::list ? containers_[static_cast<std::size_t>(value.content)] : nothing;
}

const std::vector<PickleValue>& Pickle::entries(PickleValue value) const {
  return value.kind == PickleKind::dictionary ? containers_[static_cast<std::size_t>(value.content)]
                                              : nothing;
}

PickleValue Pickle::find(PickleValue dictionary, std::string_view key) const {
  const std::vector<PickleValue>& pairs = entries(dictionary);
  for (std::size_t i = pairs.size(); i >= 2; i -= 2)
    if (pairs[i - 2].kind == PickleKind::text && text(pairs[i - 2]) == key) return pairs[i - 1];
  return {};
}

std::optional<std::int64_t> Pickle::integer(PickleValue dictionary, std::string_view key) const {
  const PickleValue value = find(dictionary, key);
  return value.kind == PickleKind::integer ? std::optional{value.content} : std::nullopt;
}

std::string_view Pickle::text(PickleValue dictionary, std::string_view key) const {
  return text(find(dictionary, key));
}

}  // namespace calibram
