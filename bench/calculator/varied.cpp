// SPDX-License-Identifier: MIT
// Divides tokens between prompt and what is generated.
#include "bench/calculator/varied.hpp"

#include <algorithm>

namespace calibram {

Workload with_context(Workload workload, std::int64_t tokens) {
  workload.generate = std::min(workload.generate, tokens - 1);
  const std::int64_t rest = tokens - workload.generate;
  workload.prompt = workload.context ? std::min(workload.prompt, rest) : rest;
  if (workload.context) workload.context = tokens;
  return workload;
}

Workload with_batch(Workload workload, std::int64_t sequences) {
  workload.batch = sequences;
  return workload;
}

Question with_context(Question question, std::int64_t tokens) {
  question.workload = with_context(question.workload, tokens);
  return question;
}

Question with_batch(Question question, std::int64_t sequences) {
  question.workload = with_batch(question.workload, sequences);
  return question;
}

}  // namespace calibram
