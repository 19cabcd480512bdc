// SPDX-License-Identifier: MIT
// A bound of what a simulated caching allocator's live blocks come to, which rises with the workload.
#pragma once

#include "src/engine/question.hpp"

#include <memory>
#include <vector>

namespace calibram {

/// Where an allocator is simulated, more tokens may need less, as another cached block fits better; and each
/// count takes long. This costs little, and bounds a workload with all that are smaller. Of one thread.
class AllocatedCeiling {
 public:
  /// Null where no bound is proved: for other metrics than `allocated`, runtimes that simulate no allocator,
  /// and the formats and settings that the proof leaves out. The question's model must outlive it.
  /// @throws InputError as resolve_runtime
  static std::unique_ptr<AllocatedCeiling> of(const Question& question);
  ~AllocatedCeiling();

  /// Of every device: no less than count() gives for this workload, or for any of whose batch, prompt,
  /// generated tokens and context none is larger; and all of these can be counted.
  /// @throws InputError as count()
  std::vector<Bytes> devices(const Workload& workload);

 private:
  struct Loaded;
  AllocatedCeiling(const Question& question, Runtime runtime);

  Question question_;
  Runtime runtime_;
  Bytes more_scratch_;  ///< that a smaller workload may need in an instant
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace calibram
