// SPDX-License-Identifier: MIT
// The opcodes of Lib/pickletools.py that make data, in protocols 2 to 5; the others by name.
#include "bench/import/torch/pickle_machine.hpp"

#include "src/core/error.hpp"

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

}  // namespace

void PickleMachine::step(std::uint8_t opcode) {
  if (!step_scalar(opcode) && !step_text(opcode) && !step_container(opcode) && !step_memo(opcode))
    refuse(opcode);
}

bool PickleMachine::step_scalar(std::uint8_t opcode) {
  switch (opcode) {
    case 'N':
      push({});
      return true;
    case 0x88:
      push({PickleKind::boolean, 1});
      return true;
    case 0x89:
      push({PickleKind::boolean, 0});
      return true;
    case 'J':
      push({PickleKind::integer, reader_.number<std::int32_t>()});
      return true;
    case 'K':
      push({PickleKind::integer, reader_.number<std::uint8_t>()});
      return true;
    case 'M':
      push({PickleKind::integer, reader_.number<std::uint16_t>()});
      return true;
    case 0x8a:
      push_long(reader_.number<std::uint8_t>());
      return true;
    case 0x8b:
      push_long(reader_.number<std::uint32_t>());
      return true;
    case 'G':
      push_number(std::bit_cast<double>(__builtin_bswap64(reader_.number<std::uint64_t>())));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::step_text(std::uint8_t opcode) {
  switch (opcode) {
    case 'U':
    case 'C':
    case 0x8c:
      push_text(reader_.number<std::uint8_t>());
      return true;
    case 'T':
    case 'B':
    case 'X':
      push_text(reader_.number<std::uint32_t>());
      return true;
    case 0x8d:
    case 0x8e:
    case 0x96:
      push_text(reader_.number<std::uint64_t>());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::step_container(std::uint8_t opcode) {
  switch (opcode) {
    case '(':
      marks_.push_back(stack_.size());
      count_values(1);
      return true;
    case ']':
    case 0x8f:
      push(make(PickleKind::list, {}));
      return true;
    case '}':
      push(make(PickleKind::dictionary, {}));
      return true;
    case ')':
      push(make(PickleKind::list, {}));
      return true;
    case 'l':
    case 't':
    case 0x91:
      push(make(PickleKind::list, pop_marked()));
      return true;
    case 'd':
      push(make(PickleKind::dictionary, pop_marked()));
      return true;
    case 0x85:
    case 0x86:
    case 0x87:
      push_tuple(opcode - 0x84u);
      return true;
    case 'a':
      extend({pop()}, PickleKind::list);
      return true;
    case 'e':
    case 0x90:
      extend(pop_marked(), PickleKind::list);
      return true;
    case 's': {
      const PickleValue value = pop(), key = pop();
      extend({key, value}, PickleKind::dictionary);
      return true;
    }
    case 'u':
      extend(pop_marked(), PickleKind::dictionary);
      return true;
    default:
      return false;
  }
}

bool PickleMachine::step_memo(std::uint8_t opcode) {
  switch (opcode) {
    case 0x94:
      memoize(memo_.size());
      return true;
    case 'q':
      memoize(reader_.number<std::uint8_t>());
      return true;
    case 'r':
      memoize(reader_.number<std::uint32_t>());
      return true;
    case 'h':
      recall(reader_.number<std::uint8_t>());
      return true;
    case 'j':
      recall(reader_.number<std::uint32_t>());
      return true;
    case '0':
      pop();
      return true;
    case '1':
      pop_marked();
      return true;
    case '2': {
      const PickleValue top = pop();
      push(top);
      push(top);
      return true;
    }
    case 0x95:
      reader_.number<std::uint64_t>();
      return true;  // a frame's length, which only helps to read ahead
    default:
      return false;
  }
}

void PickleMachine::refuse(std::uint8_t opcode) const {
  const auto named =
      std::find_if(refused.begin(), refused.end(), [&](const Refused& r) { return r.opcode == opcode; });
  if (named == refused.end())
    reader_.fail(reader_.position() - 1, fmt::format("unknown pickle opcode {:#04x}", opcode));
  throw InputError{
      fmt::format("cannot read '{}' (byte {}: the pickle asks to make an object: {})",
                  reader_.file().string(), reader_.position() - 1, named->name),
      "", "a snapshot of torch.cuda.memory._dump_snapshot() holds data only; write statistics as JSON"};
}

}  // namespace calibram
