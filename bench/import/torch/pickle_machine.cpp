// SPDX-License-Identifier: MIT
// The stack, the marks and the memo of a pickle, within their limits.
#include "bench/import/torch/pickle_machine.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <utility>

namespace calibram {

void PickleMachine::run() {
  begin();
  for (auto opcode = reader_.number<std::uint8_t>(); opcode != '.'; opcode = reader_.number<std::uint8_t>())
    step(opcode);
  target_.root_ = pop();
}

void PickleMachine::begin() {
  constexpr int lowest = 2, highest = 5;
  if (reader_.number<std::uint8_t>() != 0x80) reader_.fail(0, "this is no pickle of protocol 2 to 5");
  const auto protocol = reader_.number<std::uint8_t>();
  if (protocol < lowest || protocol > highest)
    reader_.fail(1, fmt::format("pickle protocol {}; 2 to 5 are read", protocol));
}

void PickleMachine::push(PickleValue value) {
  if (static_cast<std::int64_t>(stack_.size()) >= limits_.values) count_values(stack_.size());
  stack_.push_back(value);
}

PickleValue PickleMachine::pop() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) reader_.fail(reader_.position() - 1, "the pickle's stack is empty");
  const PickleValue top = stack_.back();
  stack_.pop_back();
  return top;
}

std::vector<PickleValue> PickleMachine::pop_marked() {
  if (marks_.empty()) reader_.fail(reader_.position() - 1, "the pickle's stack has no mark");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleValue> values{begin, stack_.end()};
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return values;
}

PickleValue PickleMachine::make(PickleKind kind, std::vector<PickleValue> values) {
  // An empty container takes as much memory as a few values.
  count_values(values.size() + 4);
  if (kind == PickleKind::dictionary && values.size() % 2 != 0)
    reader_.fail(reader_.position() - 1, "a dictionary has a key without a value");
  target_.containers_.push_back(std::move(values));
  return {kind, static_cast<std::int64_t>(target_.containers_.size()) - 1};
}

void PickleMachine::extend(std::vector<PickleValue> values, PickleKind kind) {
  const PickleValue container = pop();
  if (container.kind != kind || (kind == PickleKind::dictionary && values.size() % 2 != 0))
    reader_.fail(reader_.position() - 1, "values are added to what cannot hold them");
  count_values(values.size());
  std::vector<PickleValue>& there = target_.containers_[static_cast<std::size_t>(container.content)];
  there.insert(there.end(), values.begin(), values.end());
  push(container);
}

void PickleMachine::set_item() {
  const PickleValue value = pop();
  const PickleValue key = pop();
  extend({key, value}, PickleKind::dictionary);
}

void PickleMachine::duplicate() {
  const PickleValue top = pop();
  push(top);
  push(top);
}

void PickleMachine::mark() {
  count_values(1);
  marks_.push_back(stack_.size());
}

void PickleMachine::push_tuple(std::size_t size) {
  std::vector<PickleValue> values(size);
  for (std::size_t i = size; i-- > 0;) values[i] = pop();
  push(make(PickleKind::list, std::move(values)));
}

void PickleMachine::push_text(std::uint64_t size) {
  const auto used = static_cast<std::int64_t>(target_.characters_.size());
  if (size > static_cast<std::uint64_t>(limits_.longest_text) ||
      used + static_cast<std::int64_t>(size) > limits_.text_bytes)
    reader_.fail("the pickle's texts are larger than any snapshot's");
  count_values(1);
  reader_.require(static_cast<std::int64_t>(size));
  target_.texts_.emplace_back(target_.characters_.size(), size);
  target_.characters_.resize(target_.characters_.size() + size);
  reader_.copy({target_.characters_.data() + used, static_cast<std::size_t>(size)});
  push({PickleKind::text, static_cast<std::int64_t>(target_.texts_.size()) - 1});
}

void PickleMachine::push_number(double number) {
  count_values(1);
  target_.numbers_.push_back(number);
  push({PickleKind::number, static_cast<std::int64_t>(target_.numbers_.size()) - 1});
}

/// Two's complement, little-endian; what does not fit 64 bits is kept as something that is there.
void PickleMachine::push_long(std::uint64_t size) {
  constexpr std::uint64_t widest = 8;
  if (size > widest) {
    reader_.skip(static_cast<std::int64_t>(size));
    return push({PickleKind::other, 0});
  }
  std::uint64_t bits = 0;
  for (std::uint64_t i = 0; i < size; ++i)
    bits |= static_cast<std::uint64_t>(reader_.number<std::uint8_t>()) << (8 * i);
  const bool is_negative = size > 0 && size < widest && (bits >> (8 * size - 1)) != 0;
  if (is_negative) bits |= ~std::uint64_t{0} << (8 * size);
  push({PickleKind::integer, static_cast<std::int64_t>(bits)});
}

void PickleMachine::memoize(std::uint64_t index) {
  count_values(1);
  const PickleValue top = pop();
  push(top);
  if (index < memo_.size())
    memo_[index] = top;
  else if (index == memo_.size())
    memo_.push_back(top);
  else {
    count_values(3);  // a node of a map takes as much memory as a few values
    far_memo_[index] = top;
  }
}

void PickleMachine::recall(std::uint64_t index) {
  if (index < memo_.size()) return push(memo_[index]);
  const auto found = far_memo_.find(index);
  if (found == far_memo_.end()) reader_.fail("the pickle recalls what it never stored");
  push(found->second);
}

void PickleMachine::count_values(std::size_t count) {
  values_ += static_cast<std::int64_t>(count);
  if (values_ > limits_.values)
    throw InputError{fmt::format("cannot read {} (it holds more than {} values)",
                                 in_quotes(reader_.file().string()), limits_.values),
                     "", "record fewer events: _record_memory_history(max_entries=..., context=None)"};
}

}  // namespace calibram
