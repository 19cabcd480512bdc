// SPDX-License-Identifier: MIT
// Questions about vLLM for tests, in one line.
#pragma once

#include "src/engine/count.hpp"
#include "src/engine/vllm/runtime.hpp"
#include "tests/engine/question_builder.hpp"

#include <cstdint>
#include <memory>

namespace calibram {

inline constexpr std::int64_t mib = 1 << 20;

inline const Options server_on_h100 = {{"max_num_batched_tokens", "8192"},
                                       {"max_num_seqs", "1024"},
                                       {"gpu_memory_utilization", "0.95"},
                                       {"device_bytes", "85029615043"}};

/// One request of `context` tokens on an H100.
inline Question ask_vllm(const std::string& model, std::int64_t context = 8192,
                         const Options& options = server_on_h100) {
  Question question =
      ask(model, "vllm@0.19.0", {.batch = 1, .prompt = 1, .context = context}, "bf16", options);
  question.device = "H100 80GB";
  return question;
}

/// The same about a model that is described in the test.
inline Question ask_vllm(Model model, std::int64_t context = 8192) {
  Question question = ask_vllm("probe-gqa", context);
  question.model = std::make_shared<const Model>(std::move(model));
  return question;
}

inline Count count_on_vllm(const Question& question) { return count(question, runtime_of(question)); }

/// What vLLM calls the torch peak increase.
inline Bytes profile_peak(const TermBytes& terms) {
  return terms[Term::activation] + terms[Term::logits] + terms[Term::workspace];
}

}  // namespace calibram
