// SPDX-License-Identifier: MIT
// Models that the published rows do not hold, against what llama.cpp v0.5.0 reserved for files of their
// shapes with random weights (llama_get_memory_breakdown after a load without allocation, host back end).
#include "src/engine/count.hpp"
#include "src/engine/measurement.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace calibram {
namespace {

struct Reserved {
  const char* model;
  std::int64_t context;
  const char* options;
  std::int64_t kv_cache, compute;

  friend std::ostream& operator<<(std::ostream& out, const Reserved& row) {
    return out << row.model << ' ' << row.options;
  }
};

struct OtherModels : testing::TestWithParam<Reserved> {};

TEST_P(OtherModels, AreMetToTheByte) {
  const Reserved& row = GetParam();
  Measurement asked;
  asked.model = row.model;
  asked.runtime = "llama.cpp@v0.5.0";
  asked.kv = "f16";
  asked.workload.context = row.context;
  asked.options = parse_options(row.options);
  asked.metric = Metric::compute;
  const Question question = question_of(asked);
  const Count counted = count(question, runtime_of(question));
  EXPECT_EQ(counted.terms[Term::kv_cache], Bytes{row.kv_cache});
  EXPECT_EQ(counted.terms[Term::activation], Bytes{row.compute});
}

// n_outputs_max=1 leaves logits of one token, so that a layer holds the peak and not the head.
constexpr const char* layers_only = "n_outputs_max=1";
constexpr const char* four_slots = "n_outputs_max=4;parallel=4;flash_attn=off;type_k=q8_0";

INSTANTIATE_TEST_SUITE_P(
    Shapes, OtherModels,
    testing::Values(Reserved{"deepseek-v2-lite", 4096, "", 127401984, 251934720},
                    Reserved{"llama-3.1-8b", 9999,
                             "n_outputs_max=3;parallel=3;kv_unified=on;type_k=f32;type_v=q5_0;ubatch=64",
                             1572864000, 27748000},
                    Reserved{"deepseek-v2-lite", 4096, "n_outputs_max=1;type_k=f32;type_v=f32", 254803968,
                             84025376},
                    Reserved{"deepseek-v2-lite", 9000, layers_only, 286654464, 102768672},
                    Reserved{"deepseek-v3", 4096, "", 287834112, 432023552},
                    Reserved{"deepseek-v3", 9000, layers_only, 647626752, 437264416},
                    Reserved{"gemma-2-9b", 4096, "", 1409286144, 538970112},
                    Reserved{"gemma-2-9b", 9000, layers_only, 2378170368, 132665376},
                    Reserved{"gemma-2-9b", 2048, four_slots, 539492352, 129511456},
                    Reserved{"gemma-2b", 4096, "", 75497472, 532678656},
                    Reserved{"gemma-2b", 9000, layers_only, 169869312, 126890016},
                    Reserved{"gemma-2b", 2048, four_slots, 28901376, 115613728},
                    Reserved{"gemma-3-4b", 4096, "", 266338304, 552732672},
                    Reserved{"gemma-3-4b", 9000, layers_only, 371195904, 93868064},
                    Reserved{"gemma-3-4b", 2048, four_slots, 218365952, 98054176},
                    Reserved{"gpt-oss-20b", 4096, "", 119537664, 434526208},
                    Reserved{"gpt-oss-20b", 9000, layers_only, 245366784, 107106336},
                    Reserved{"gpt-oss-20b", 2048, four_slots, 77070336, 99528736},
                    Reserved{"granite-3.3-2b", 4096, "", 335544320, 109068288},
                    Reserved{"granite-3.3-2b", 9000, layers_only, 754974720, 76558368},
                    Reserved{"granite-3.3-2b", 2048, four_slots, 128450560, 66084896},
                    Reserved{"llama-3.1-8b", 4096, "", 536870912, 279447552},
                    Reserved{"llama-3.1-8b", 9000, layers_only, 1207959552, 131084320},
                    Reserved{"llama-3.1-8b", 2048, four_slots, 205520896, 118562848},
                    Reserved{"llama-4-scout", 4096, "", 805306368, 445253632},
                    Reserved{"llama-4-scout", 9000, layers_only, 1736441856, 121231392},
                    Reserved{"llama-4-scout", 2048, four_slots, 308281344, 113489952},
                    Reserved{"mixtral-8x7b", 4096, "", 536870912, 213923840},
                    Reserved{"mixtral-8x7b", 9000, layers_only, 1207959552, 219164704},
                    Reserved{"mixtral-8x7b", 2048, four_slots, 205520896, 206676000},
                    Reserved{"phi-2", 4096, "", 1342177280, 115345408},
                    Reserved{"phi-2", 9000, layers_only, 3019898880, 56635424},
                    Reserved{"phi-2", 2048, four_slots, 513802240, 71311392},
                    Reserved{"qwen2-0.5b", 4096, "", 50331648, 314836992},
                    Reserved{"qwen2-0.5b", 9000, layers_only, 113246208, 46673952},
                    Reserved{"qwen2-0.5b", 2048, four_slots, 19267584, 36986912},
                    Reserved{"qwen2.5-7b", 4096, "", 234881024, 326109184},
                    Reserved{"qwen2.5-7b", 9000, layers_only, 528482304, 155201568},
                    Reserved{"qwen2.5-7b", 2048, four_slots, 89915392, 141631520},
                    Reserved{"qwen3-30b-a3b", 4096, "", 402653184, 319555584},
                    Reserved{"qwen3-30b-a3b", 9000, layers_only, 905969664, 101724192},
                    Reserved{"qwen3-30b-a3b", 2048, four_slots, 154140672, 87629856}));

}  // namespace
}  // namespace calibram
