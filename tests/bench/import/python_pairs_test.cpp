// SPDX-License-Identifier: MIT
// Pairs of Python's text: only the outermost, and none that is cut.
#include "bench/import/vllm/python_pairs.hpp"

#include <gtest/gtest.h>

#include <string>

namespace calibram {
namespace {

std::string shown(std::string_view text) {
  std::string all;
  for (const auto& [key, value] : python_pairs(text))
    all += std::string{key} + "->" + std::string{value} + ";";
  return all;
}

TEST(PythonPairs, ConfigurationsDictionariesAndNamespacesAreRead) {
  EXPECT_EQ(shown("model='a,b', dtype=torch.bfloat16, x=None"), "model->a,b;dtype->torch.bfloat16;x->None;");
  EXPECT_EQ(shown("{'model': 'a', 'max_model_len': 8192} "), "model->a;max_model_len->8192;");
  EXPECT_EQ(shown("Namespace(host=None, model=\"it's\")"), "host->None;model->it's;");
}

TEST(PythonPairs, PairsInsideOthersAreNotRead) {
  EXPECT_EQ(shown("a=F(model='x', y=[1, 2]), b={'c': {'d': 1}}, e=2"),
            "a->F(model='x', y=[1, 2]);b->{'c': {'d': 1}};e->2;");
}

TEST(PythonPairs, WhatIsCutIsLeftOut) {
  EXPECT_EQ(shown("{'model': 'a', 'max_model_len': 81"), "model->a;");
  EXPECT_EQ(shown("model='a', dtype='torch.bf"), "model->a;");
  EXPECT_EQ(shown("a=1, b=[1, 2"), "a->1;");
}

TEST(PythonPairs, NonsenseGivesNothing) {
  for (const char* text : {"", "{", ")))", "=", "'", "=,=,=", "{'a'", "\\\\'\\'"})
    EXPECT_EQ(shown(text), "") << text;
}

}  // namespace
}  // namespace calibram
