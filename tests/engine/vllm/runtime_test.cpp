// SPDX-License-Identifier: MIT
// vLLM's versions, options and defaults, and what is refused.
#include "src/engine/vllm/runtime.hpp"

#include "src/core/error.hpp"
#include "src/engine/vllm/batch_limits.hpp"
#include "tests/engine/vllm/vllm_questions.hpp"
#include "tests/support/scratch.hpp"

#include <gmock/gmock.h>

namespace calibram {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& name, const Options& options = {}) {
  return message_of<InputError>([&] { resolve_runtime(name, options, "llama"); });
}

VllmBatchLimits limits_of(const Options& options, const std::string& device, std::int64_t context = 32768) {
  Question question = ask_vllm("llama-3.1-8b", context, options);
  question.device = device;
  return vllm_batch_limits(question, vllm_settings(runtime_of(question)));
}

std::string refused_limits(const Options& options) {
  return message_of<InputError>([&] { limits_of(options, "H100 80GB"); });
}

TEST(VllmRuntime, AVersionOutsideNamesTheRange) {
  EXPECT_THAT(refusal("vllm@0.11.0"), HasSubstr("known versions: 0.19"));
  EXPECT_THAT(refusal("vllm@0.20.0"), HasSubstr("known versions: 0.19"));
  EXPECT_THAT(refusal("vllm"), HasSubstr("needs a version"));
  EXPECT_THAT(refusal("vllm@latest"), HasSubstr("must be numbers"));
  EXPECT_NO_THROW(resolve_runtime("vllm@0.19.1", {}, "llama"));
}

TEST(VllmRuntime, MoreThanTheWholeDeviceIsRefusedWithWhatIsPossible) {
  EXPECT_THAT(refusal("vllm@0.19.0", {{"gpu_memory_utilization", "1.5"}}),
              testing::AllOf(HasSubstr("more than the whole device"), HasSubstr("up to 1")));
  EXPECT_THAT(refusal("vllm@0.19.0", {{"gpu_memory_utilization", "0"}}), HasSubstr("above 0"));
  EXPECT_NO_THROW(resolve_runtime("vllm@0.19.0", {{"gpu_memory_utilization", "1"}}, "llama"));
}

TEST(VllmRuntime, OptionsAreThoseOfTheEngine) {
  EXPECT_THAT(refusal("vllm@0.19.0", {{"attention", "flash"}}), HasSubstr("max_num_batched_tokens"));
  EXPECT_THAT(refusal("vllm@0.19.0", {{"block_size", "20"}}), HasSubstr("block_size=16|32|64|128"));
  EXPECT_THAT(refusal("vllm@0.19.0", {{"max_num_seqs", "0"}}), HasSubstr("from 1 to"));
}

TEST(VllmRuntime, TowersThatAreNotCountedAreRefusedUnlessTheyAreNotLoaded) {
  Question question = ask_vllm("gemma-3-4b");
  EXPECT_THAT(message_of<InputError>([&] { count_on_vllm(question); }),
              testing::AllOf(HasSubstr("gemma-3-4b has a vision or audio tower"),
                             HasSubstr("language_model_only=on")));
  question.options["language_model_only"] = "on";
  EXPECT_NO_THROW(count_on_vllm(question));
  EXPECT_NO_THROW(count_on_vllm(ask_vllm("gemma-3-1b"))) << "which is text alone";
}

// vllm/engine/arg_utils.py, get_batch_defaults.
TEST(VllmRuntime, DefaultsDependOnTheCardAndTheUse) {
  const Options llm = {{"usage", "llm"}};
  EXPECT_EQ(limits_of({}, "H100 80GB"), (VllmBatchLimits{8192, 1024}));
  EXPECT_EQ(limits_of(llm, "H100 80GB"), (VllmBatchLimits{16384, 1024}));
  EXPECT_EQ(limits_of({}, "A100 80GB"), (VllmBatchLimits{2048, 256}));
  EXPECT_EQ(limits_of(llm, "A100 80GB"), (VllmBatchLimits{8192, 256}));
  EXPECT_EQ(limits_of({{"device_bytes", "85899345920"}}, "A100 80GB"), (VllmBatchLimits{2048, 256}));
  EXPECT_EQ(limits_of({{"device_bytes", "206158430208"}}, "some new card"), (VllmBatchLimits{8192, 1024}));
  EXPECT_EQ(limits_of({}, ""), (VllmBatchLimits{2048, 256}));
}

TEST(VllmRuntime, DefaultsStayWithinTheRequestsThatFit) {
  EXPECT_EQ(limits_of({{"max_num_seqs", "2"}}, "H100 80GB", 1000), (VllmBatchLimits{2000, 2}));
  EXPECT_EQ(limits_of({{"max_num_batched_tokens", "512"}}, "H100 80GB"), (VllmBatchLimits{512, 512}));
  EXPECT_EQ(limits_of({{"chunked_prefill", "off"}}, "H100 80GB"), (VllmBatchLimits{32768, 1024}));
}

TEST(VllmRuntime, LimitsWithWhichItWouldNotStartAreRefused) {
  EXPECT_THAT(refused_limits({{"max_num_batched_tokens", "512"}, {"max_num_seqs", "600"}}),
              HasSubstr("at least 600 tokens, or at most 512 sequences"));
  EXPECT_THAT(refused_limits({{"max_num_batched_tokens", "4096"}, {"chunked_prefill", "off"}}),
              HasSubstr("a context of at most 4096"));
}

TEST(VllmRuntime, MoreSequencesThanItRunsAtOnceAreRefused) {
  Question question = ask_vllm("llama-3.1-8b");
  question.workload.batch = 1025;
  EXPECT_THAT(message_of<InputError>([&] { count_on_vllm(question); }), HasSubstr("at most 1024"));
}

TEST(VllmRuntime, FormatsThatItDoesNotKeepAreRefused) {
  Question question = ask_vllm("llama-3.1-8b");
  question.kv = &kv_format("q8_0");
  EXPECT_THAT(message_of<InputError>([&] { count_on_vllm(question); }), HasSubstr("use bf16, fp16 or fp8"));
  question.kv = &kv_format("fp32");
  EXPECT_THAT(message_of<InputError>([&] { count_on_vllm(question); }),
              HasSubstr("as wide as the activations"));
}

}  // namespace
}  // namespace calibram
