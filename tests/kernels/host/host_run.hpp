// SPDX-License-Identifier: MIT
// A decoder pass on poisoned host memory, whose tokens can be watched and dictated.
#pragma once

#include "kernels/host/host_ops.hpp"
#include "src/engine/decoder/decoder.hpp"
#include "tests/kernels/host/host_test.hpp"

#include <cstdint>
#include <vector>

namespace calibram {

using Tokens = std::vector<std::int32_t>;
/// The experts that tokens of a sequence were sent to: by mixture of experts in the model, then by token.
using Choices = std::vector<std::vector<Tokens>>;

/// Keeps every token that is drawn or sampled. Where a script has one for that place, it is used instead.
/// Keeps the experts that rows were sent to, too.
class ScriptedOps : public HostOps {
 public:
  ScriptedOps(const ExecutionOptions& options, std::int64_t batch, std::vector<Tokens> script);

  void fill_tokens(Tensor& tokens, std::int64_t vocabulary, std::uint64_t seed) override;
  void sample(const Tensor& logits, Tensor& tokens) override;
  void route(const Tensor& scores, const Tensor& bias, Routes& routes) override;

  /// Per sequence, the last of them not fed yet.
  const std::vector<Tokens>& sequences() const { return sequences_; }
  /// By call of `route`, then by row.
  const std::vector<std::vector<Tokens>>& routed() const { return routed_; }

 private:
  void note(const Tensor& tokens);

  std::vector<Tokens> script_;
  std::vector<Tokens> sequences_;
  std::vector<std::vector<Tokens>> routed_;
};

/// A loaded model with its memory reserved. Norm weights and scales, which all start alike, have uneven
/// values, the same in every run of a model.
class HostRun {
 public:
  explicit HostRun(const Question& question, std::vector<Tokens> script = {});
  HostRun(const HostRun&) = delete;
  HostRun& operator=(const HostRun&) = delete;

  void prefill() { decoder_.prefill(); }
  void decode() { decoder_.decode(); }
  void finish() { decoder_.finish(); }

  const Question& question() const { return question_; }
  const Runtime& runtime() const { return runtime_; }
  const Decoder& decoder() const { return decoder_; }
  HostMemory& memory() { return ops_.memory(); }
  /// The tokens that are cached, per sequence.
  std::vector<Tokens> sequences() const;
  /// Where the tokens of one of them were sent.
  Choices choices(std::size_t sequence) const;
  /// The token that the next step reads, per sequence.
  Tokens next_tokens() const;
  /// Logits of each sequence's last position, [batch, vocabulary].
  Doubles last_logits() const;

 private:
  Question question_;
  Runtime runtime_;
  ScriptedOps ops_;
  Decoder decoder_;
};

}  // namespace calibram
