// SPDX-License-Identifier: MIT
// Pickles of data are read; those that would make objects, lie about sizes or nest without end are refused.
#include "bench/import/torch/pickle.hpp"

#include "src/core/error.hpp"
#include "tests/bench/import/importing.hpp"
#include "tests/bench/import/pickles.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

Pickle read(const std::string& bytes, const PickleLimits& limits = {}) {
  ByteReader reader{bytes, Bytes{static_cast<std::int64_t>(bytes.size())}, "p", Bytes{1 << 30}};
  return Pickle{reader, limits};
}

std::string refusal(const std::string& bytes, const PickleLimits& limits = {}) {
  return refusal_of([&] { read(bytes, limits); });
}

TEST(Pickle, NumbersOfEveryOpcodeAreRead) {
  using namespace std::string_literals;
  const Pickle pickle =
      read(PickleWriter{}
               .op("](K\x7fM\xff\xffJ\xfe\xff\xff\xff\x8a\x01\xff\x8a\x00\x8b\x02\x00\x00\x00\x00\x01"s)
               .op("\x88\x89NG\x3f\xf8\x00\x00\x00\x00\x00\x00\x65"s)
               .finish());
  const auto& values = pickle.list(pickle.root());
  ASSERT_EQ(values.size(), 10u);
  const std::vector<std::int64_t> integers = {127, 65535, -2, -1, 0, 256};
  for (std::size_t i = 0; i < integers.size(); ++i) EXPECT_EQ(values[i].content, integers[i]) << i;
  EXPECT_EQ(values[6].kind, PickleKind::boolean);
  EXPECT_EQ(values[8].kind, PickleKind::none);
  EXPECT_EQ(values[9].kind, PickleKind::number);
}

TEST(Pickle, IntegersBeyond64BitsAreThereButNoNumber) {
  const Pickle pickle = read(PickleWriter{}.op("\x8a\x09" + std::string(9, '\x7f')).finish());
  EXPECT_EQ(pickle.root().kind, PickleKind::other);
}

TEST(Pickle, TheMemoRecallsWhatItStored) {
  // (a, a) in protocol 4: MEMOIZE, BINGET
  const Pickle pickle =
      read(PickleWriter{}.text("a").op("\x94h").op(std::string(1, '\0')).op("\x86").finish());
  ASSERT_EQ(pickle.list(pickle.root()).size(), 2u);
  EXPECT_EQ(pickle.text(pickle.list(pickle.root())[1]), "a");
  EXPECT_NE(refusal(PickleWriter{}.op("h\x07").finish()).find("never stored"), std::string::npos);
}

TEST(Pickle, WhatMakesObjectsIsRefusedByName) {
  EXPECT_EQ(refusal(PickleWriter{2}.op("cos\nsystem\n").finish()),
            "cannot read 'p' (byte 2: the pickle asks to make an object: GLOBAL); a snapshot of "
            "torch.cuda.memory._dump_snapshot() holds data only; write statistics as JSON");
  for (const auto& [opcode, name] : {std::pair{"\x93", "STACK_GLOBAL"},
                                     {"R", "REDUCE"},
                                     {"b", "BUILD"},
                                     {"\x81", "NEWOBJ"},
                                     {"Q", "BINPERSID"},
                                     {"\x82", "EXT1"}})
    EXPECT_NE(refusal(PickleWriter{}.op(opcode).finish()).find(name), std::string::npos) << name;
}

TEST(Pickle, SizesThatLieAreRefusedBeforeMemoryIsTaken) {
  using namespace std::string_literals;
  for (const std::string& opcodes :
       {"X\xff\xff\xff\x7f"s, "\x8d\xff\xff\xff\xff\xff\xff\xff\xff"s, "\x8c\xff"s, "\x8b\xff\xff\xff\xff"s})
    EXPECT_NE(refusal(PickleWriter{}.op(opcodes).finish()), "");
}

TEST(Pickle, BrokenStacksAreRefused) {
  for (const char* opcodes :
       {"", "0", "e", "a", "u", "s", "\x86", "1", "2", "K\x01(e", "](K\x01u", "}(K\x01u", "(0"})
    EXPECT_NE(refusal(PickleWriter{}.op(opcodes).finish()), "") << opcodes;
}

TEST(Pickle, DepthAndSelfReferenceTakeNoStack) {
  // A list in a list, a million times; and one that holds itself.
  EXPECT_EQ(refusal(PickleWriter{}.op(std::string(1'000'000, ']') + std::string(999'999, 'a')).finish()), "");
  const Pickle pickle = read(PickleWriter{}.op("]\x94h").op(std::string(1, '\0')).op("a").finish());
  EXPECT_EQ(pickle.list(pickle.root()).size(), 1u);
}

TEST(Pickle, ValuesAreLimited) {
  const PickleLimits few{.values = 100, .text_bytes = 10, .longest_text = 5};
  EXPECT_NE(refusal(PickleWriter{}.op(std::string(200, ']')).finish(), few).find("more than 100 values"),
            std::string::npos);
  EXPECT_NE(refusal(PickleWriter{}.op(std::string(200, 'N')).finish(), few), "");
  EXPECT_NE(refusal(PickleWriter{}.text("123456").finish(), few).find("texts are larger"), std::string::npos);
}

TEST(Pickle, OtherProtocolsAreNamed) {
  EXPECT_NE(refusal("\x80\x06.").find("protocol 6"), std::string::npos);
  EXPECT_NE(refusal("(lp0\n.").find("no pickle of protocol 2 to 5"), std::string::npos);
}

}  // namespace
}  // namespace calibram
