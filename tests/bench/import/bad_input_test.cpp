// SPDX-License-Identifier: MIT
// What is no log of this kind is refused with what it looks like and what was expected.
#include "tests/bench/import/importing.hpp"

#include <gtest/gtest.h>

namespace calibram {
namespace {

std::string refusal(LogKind kind, const std::string& text) {
  return refusal_of([&] { import_text(kind, text, "log", {}); });
}

TEST(ImportBadInput, ALogOfAnotherEngineIsRecognised) {
  EXPECT_EQ(refusal(LogKind::llama_cpp, log_text("vllm_0_19.log")),
            "cannot import 'log' as llama.cpp (it looks like the output of vllm); run \"calibram import vllm "
            "log\"");
  EXPECT_EQ(
      refusal(LogKind::vllm, log_text("llama_cpp_b4790.log")),
      "cannot import 'log' as vllm (it looks like the output of llama.cpp); run \"calibram import llama.cpp "
      "log\"");
  EXPECT_NE(refusal(LogKind::vllm, log_text("torch_summary.txt")).find("looks like the output of torch"),
            std::string::npos);
}

TEST(ImportBadInput, EmptyBinaryAndOtherTextsAreNamed) {
  for (const LogKind kind : {LogKind::vllm, LogKind::llama_cpp, LogKind::torch}) {
    EXPECT_NE(refusal(kind, "").find("(the file is empty); expected is "), std::string::npos);
    EXPECT_NE(refusal(kind, std::string("\x7f"
                                        "ELF\0\0\1\n",
                                        8))
                  .find("(it is a binary file)"),
              std::string::npos);
    EXPECT_NE(refusal(kind, "hello\nworld\n").find("none of its 2 lines tells anything about memory"),
              std::string::npos);
  }
  EXPECT_NE(refusal(LogKind::llama_cpp, std::string("\xff\xfe"
                                                    "a\0\n\0",
                                                    6))
                .find("it is UTF-16 text"),
            std::string::npos);
  EXPECT_NE(refusal(LogKind::torch, "PK\x03\x04").find("it is an archive"), std::string::npos);
}

TEST(ImportBadInput, WindowsLineEndsAndForeignBytesDoNotMatter) {
  std::string text;
  for (const char c : log_text("vllm_0_19.log"))
    text += c == '\n' ? std::string{"\r\n\xff\xfe\x80 noise \xc3\r\n"} : std::string{c};
  EXPECT_EQ(import_text(LogKind::vllm, text, "log", {}).rows.size(), 7u);
}

TEST(ImportBadInput, EveryCutOfALogIsReadOrRefused) {
  for (const auto& [kind, name] : {std::pair{LogKind::vllm, "vllm_0_19.log"},
                                   {LogKind::vllm, "vllm_0_7.log"},
                                   {LogKind::llama_cpp, "llama_cpp_b4790.log"}}) {
    const std::string whole = log_text(name);
    const Imported all = import_text(kind, whole, "log", {});
    for (std::size_t size = 0; size < whole.size(); size += 7) {
      try {
        const Imported part = import_text(kind, whole.substr(0, size), "log", {});
        EXPECT_EQ(value_of(part, Metric::weights), value_of(all, Metric::weights)) << size;
      } catch (const InputError&) {
      }
    }
  }
}

TEST(ImportBadInput, ACutNeverChangesAContext) {
  const std::string whole = log_text("llama_cpp_b4790.log");
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    try {
      for (const Measurement& row : import_text(LogKind::llama_cpp, whole.substr(0, size), "log", {}).rows)
        ASSERT_EQ(row.workload.context, 4096) << size;
    } catch (const InputError&) {
    }
  }
}

TEST(ImportBadInput, UnknownKindsAreNamedWithTheKnown) {
  EXPECT_EQ(log_kind_named("VLLM"), LogKind::vllm);
  EXPECT_THROW(log_kind_named("sglang"), InputError);
}

}  // namespace
}  // namespace calibram
