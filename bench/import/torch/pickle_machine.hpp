// SPDX-License-Identifier: MIT
// The stack machine that a pickle's opcodes drive.
#pragma once

#include "bench/import/torch/pickle.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace calibram {

/// Runs one pickle into `target`.
class PickleMachine {
 public:
  PickleMachine(ByteReader& reader, const PickleLimits& limits, Pickle& target)
      : reader_{reader}, limits_{limits}, target_{target} {}

  void run();

 private:
  void begin();
  void step(std::uint8_t opcode);
  [[noreturn]] void refuse(std::uint8_t opcode) const;

  void push(PickleValue value);
  PickleValue pop();
  /// What stands above the last mark, which goes too.
  std::vector<PickleValue> pop_marked();
  PickleValue make(PickleKind kind, std::vector<PickleValue> values);
  void extend(std::vector<PickleValue> values, PickleKind kind);
  void set_item();
  void duplicate();
  void mark();
  void push_tuple(std::size_t size);
  void push_text(std::uint64_t size);
  void push_number(double number);
  void push_long(std::uint64_t size);
  void memoize(std::uint64_t index);
  void recall(std::uint64_t index);
  /// Accounts for values that are kept. @throws InputError over the limit
  void count_values(std::size_t count);

  ByteReader& reader_;
  PickleLimits limits_;
  Pickle& target_;
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;
  std::vector<PickleValue> memo_;                  ///< for the indices that follow each other
  std::map<std::uint64_t, PickleValue> far_memo_;  ///< for the others
  std::int64_t values_ = 0;
};

}  // namespace calibram
