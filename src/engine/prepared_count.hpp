// SPDX-License-Identifier: MIT
// One question counted for many workloads.
#pragma once

#include "src/engine/count.hpp"

#include <memory>

namespace calibram {

/// Counts as `count` does, to the byte. What does not depend on the workload, the runtime's behaviour and the
/// weights with their places, is found once, where the decoder pass is what counts; and workloads that
/// llama.cpp pads to the same context are counted once while they follow each other. Of one thread.
class PreparedCount {
 public:
  /// @throws InputError as resolve_runtime. The question's model must outlive this.
  explicit PreparedCount(Question question);
  ~PreparedCount();

  const Runtime& runtime() const { return runtime_; }

  /// @throws InputError as count()
  Count of(const Workload& workload);

 private:
  struct Loaded;
  struct CountedContext;
  const Count& of_context(const LlamaCppSettings& settings);

  Question question_;
  Runtime runtime_;
  std::unique_ptr<Loaded> loaded_;           ///< none before the first count
  std::unique_ptr<CountedContext> context_;  ///< the last one of llama.cpp
};

}  // namespace calibram
