// SPDX-License-Identifier: MIT
// The verbs that list: JSON keys, and tables in which an absent figure is empty.
#include "tests/bench/app/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace calibram {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

Json list_of(const std::vector<std::string>& arguments) {
  const Outcome outcome = Program{}.run(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(outcome.out);
}

TEST(ModelsVerb, EveryModelHasTheSameKeys) {
  const Json list = list_of({"models", "--json"});
  ASSERT_GT(list.size(), 20u);
  for (const Json& model : list)
    EXPECT_THAT(keys_of(model), ElementsAre("name", "family", "parameters", "active_parameters", "layers",
                                            "hidden_size", "heads", "kv_heads", "head_size", "mlp_width",
                                            "vocabulary", "tied", "stored_format", "max_positions"));
}

TEST(ModelsVerb, ASearchIgnoresCaseAndMayFindNothing) {
  EXPECT_FALSE(list_of({"models", "--json", "QWEN2"}).empty());
  const Outcome none = Program{}.run({"models", "no-such-model", "--json"});
  EXPECT_EQ(none.status, 0);
  EXPECT_EQ(Json::parse(none.out), Json::array());
  EXPECT_EQ(none.err, "calibram: no known model matches 'no-such-model'\n");
}

TEST(FormatsVerb, AFormatOfUnknownSizeHasAnEmptyCellAndNull) {
  const Json list = list_of({"formats", "--json"});
  for (const Json& format : list)
    EXPECT_THAT(keys_of(format),
                ElementsAre("name", "nominal_bits", "bits_4096x4096", "weights", "kv", "layout"));
  EXPECT_TRUE(list.back()["bits_4096x4096"].is_null()) << "as-stored has no size of its own";
  const std::string text = Program{}.run({"formats"}).out;
  EXPECT_THAT(text, Not(HasSubstr("null")));
  EXPECT_THAT(text.substr(0, text.find('\n')), Not(HasSubstr("weights"))) << "which all formats are";
}

TEST(RuntimesVerb, EveryRuntimeSaysItsVersionsAndOptions) {
  for (const Json& runtime : list_of({"runtimes", "--json"}))
    EXPECT_THAT(keys_of(runtime), ElementsAre("name", "versions", "options", "behaviour", "source"));
}

}  // namespace
}  // namespace calibram
