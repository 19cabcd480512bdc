// SPDX-License-Identifier: MIT
// The opcodes of Lib/pickletools.py that make data, in protocols 2 to 5; the others by name.
#include "bench/import/torch/pickle_machine.hpp"

#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace calibram {
namespace {

/// Opcodes that make objects or call code, by their names in pickletools.
struct Refused {
  std::uint8_t opcode;
  const char* name;
};
constexpr std::array refused = {
    Refused{'c', "GLOBAL"},    Refused{0x93, "STACK_GLOBAL"}, Refused{'R', "REDUCE"},
    Refused{'b', "BUILD"},     Refused{'i', "INST"},          Refused{'o', "OBJ"},
    Refused{0x81, "NEWOBJ"},   Refused{0x92, "NEWOBJ_EX"},    Refused{'P', "PERSID"},
    Refused{'Q', "BINPERSID"}, Refused{0x82, "EXT1"},         Refused{0x83, "EXT2"},
    Refused{0x84, "EXT4"},     Refused{0x97, "NEXT_BUFFER"},  Refused{0x98, "READONLY_BUFFER"},
};

/// Numbers of pickles are big-endian where they are floating.
double big_endian(std::uint64_t bits) { return std::bit_cast<double>(__builtin_bswap64(bits)); }

}  // namespace

/// One row an opcode: by pickletools' names None, booleans and numbers first.
void PickleMachine::step(std::uint8_t opcode) {
  struct Opcode {
    std::uint8_t code;
    void (*run)(PickleMachine&);
  };
  // clang-format off
  static constexpr auto table = std::to_array<Opcode>({
      {'N', [](PickleMachine& m) { m.push({}); }},
      {0x88, [](PickleMachine& m) { m.push({PickleKind::boolean, 1}); }},
      {0x89, [](PickleMachine& m) { m.push({PickleKind::boolean, 0}); }},
      {'J', [](PickleMachine& m) { m.push({PickleKind::integer, m.reader_.number<std::int32_t>()}); }},
      {'K', [](PickleMachine& m) { m.push({PickleKind::integer, m.reader_.number<std::uint8_t>()}); }},
      {'M', [](PickleMachine& m) { m.push({PickleKind::integer, m.reader_.number<std::uint16_t>()}); }},
      {0x8a, [](PickleMachine& m) { m.push_long(m.reader_.number<std::uint8_t>()); }},
      {0x8b, [](PickleMachine& m) { m.push_long(m.reader_.number<std::uint32_t>()); }},
      {'G', [](PickleMachine& m) { m.push_number(big_endian(m.reader_.number<std::uint64_t>())); }},
      // texts and bytes
      {'U', [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint8_t>()); }},
      {'C', [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint8_t>()); }},
      {0x8c, [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint8_t>()); }},
      {'T', [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint32_t>()); }},
      {'B', [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint32_t>()); }},
      {'X', [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint32_t>()); }},
      {0x8d, [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint64_t>()); }},
      {0x8e, [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint64_t>()); }},
      {0x96, [](PickleMachine& m) { m.push_text(m.reader_.number<std::uint64_t>()); }},
      // containers
      {'(', [](PickleMachine& m) { m.mark(); }},
      {']', [](PickleMachine& m) { m.push(m.make(PickleKind::list, {})); }},
      {')', [](PickleMachine& m) { m.push(m.make(PickleKind::list, {})); }},
      {0x8f, [](PickleMachine& m) { m.push(m.make(PickleKind::list, {})); }},
      {'}', [](PickleMachine& m) { m.push(m.make(PickleKind::dictionary, {})); }},
      {'l', [](PickleMachine& m) { m.push(m.make(PickleKind::list, m.pop_marked())); }},
      {'t', [](PickleMachine& m) { m.push(m.make(PickleKind::list, m.pop_marked())); }},
      {0x91, [](PickleMachine& m) { m.push(m.make(PickleKind::list, m.pop_marked())); }},
      {'d', [](PickleMachine& m) { m.push(m.make(PickleKind::dictionary, m.pop_marked())); }},
      {0x85, [](PickleMachine& m) { m.push_tuple(1); }},
      {0x86, [](PickleMachine& m) { m.push_tuple(2); }},
      {0x87, [](PickleMachine& m) { m.push_tuple(3); }},
      {'a', [](PickleMachine& m) { m.extend({m.pop()}, PickleKind::list); }},
      {'e', [](PickleMachine& m) { m.extend(m.pop_marked(), PickleKind::list); }},
      {0x90, [](PickleMachine& m) { m.extend(m.pop_marked(), PickleKind::list); }},
      {'s', [](PickleMachine& m) { m.set_item(); }},
      {'u', [](PickleMachine& m) { m.extend(m.pop_marked(), PickleKind::dictionary); }},
      // the memo and the stack; a frame's length only helps to read ahead
      {0x94, [](PickleMachine& m) { m.memoize(m.memo_.size()); }},
      {'q', [](PickleMachine& m) { m.memoize(m.reader_.number<std::uint8_t>()); }},
      {'r', [](PickleMachine& m) { m.memoize(m.reader_.number<std::uint32_t>()); }},
      {'h', [](PickleMachine& m) { m.recall(m.reader_.number<std::uint8_t>()); }},
      {'j', [](PickleMachine& m) { m.recall(m.reader_.number<std::uint32_t>()); }},
      {'0', [](PickleMachine& m) { m.pop(); }},
      {'1', [](PickleMachine& m) { m.pop_marked(); }},
      {'2', [](PickleMachine& m) { m.duplicate(); }},
      {0x95, [](PickleMachine& m) { m.reader_.number<std::uint64_t>(); }},
  });
  // clang-format on
  const auto known =
      std::find_if(table.begin(), table.end(), [&](const Opcode& o) { return o.code == opcode; });
  if (known == table.end()) refuse(opcode);
  known->run(*this);
}

void PickleMachine::refuse(std::uint8_t opcode) const {
  const auto named =
      std::find_if(refused.begin(), refused.end(), [&](const Refused& r) { return r.opcode == opcode; });
  if (named == refused.end())
    reader_.fail(reader_.position() - 1, fmt::format("unknown pickle opcode {:#04x}", opcode));
  throw InputError{
      fmt::format("cannot read {} (byte {}: the pickle asks to make an object: {})",
                  in_quotes(reader_.file().string()), reader_.position() - 1, named->name),
      "", "a snapshot of torch.cuda.memory._dump_snapshot() holds data only; write statistics as JSON"};
}

}  // namespace calibram
