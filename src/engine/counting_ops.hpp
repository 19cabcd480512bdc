// SPDX-License-Identifier: MIT
// Ops that allocate and compute nothing: they record what would be alive, by term, device and phase.
#pragma once

#include "src/engine/allocators/rounding.hpp"
#include "src/engine/count.hpp"
#include "src/engine/ops.hpp"

#include <vector>

namespace calibram {

/// Is told what comes and goes while a pass is counted.
class TensorWatcher {
 public:
  virtual ~TensorWatcher() = default;
  virtual void note_allocation(const Tensor& tensor, Bytes rounded) = 0;
  virtual void note_release(const Tensor& tensor, Bytes rounded) = 0;
  /// What is alive on the device now is the most so far.
  virtual void note_peak(std::size_t device) = 0;
};

/// Counts a decoder pass. Identical layers are folded: a range of n layers costs two calls of its body.
///
/// Why two are enough: layer i of a range starts from the live bytes of layer 0 plus i times what one layer
/// leaves behind, and holds the same bytes within. That is linear in i, so the highest instant lies in the
/// first or in the last layer, and both are counted.
class CountingOps : public Ops {
 public:
  /// `fold` = false counts every layer, which gives the same answer and is there to prove it.
  CountingOps(int devices, Rounding rounding, bool fold = true);

  /// Peaks belong to this phase from now on; its first peak is what is alive already.
  void begin(Phase phase);

  /// From now on. It must outlive the pass; a folded pass shows it two layers of each range only.
  void set_watcher(TensorWatcher& watcher) { watcher_ = &watcher; }

  const std::vector<DeviceCount>& devices() const { return counts_; }

  /// What is alive on one device.
  struct Live {
    TermBytes rounded;
    Bytes rounded_total;
    Bytes requested;
  };
  /// What is alive, and what was counted so far, of each device.
  struct Books {
    std::vector<Live> live;
    std::vector<DeviceCount> counts;
  };
  Books books() const { return {live_, counts_}; }
  /// Goes back to them: what was allocated since was never there.
  void restore(const Books& books);

  Tensor allocate(Term term, Element element, std::int64_t rows, std::int64_t columns) override;
  void release(Tensor& tensor) override;
  void use_device(int device) override { device_ = device; }
  void for_each_layer(IndexRange range, const std::function<void(std::int64_t)>& body) override;
  std::int64_t layer_slots(IndexRange range) const override;

  void fill_weight(Weight&, std::uint64_t) override {}
  bool holds_weight(const Weight&, std::uint64_t) override { return true; }
  void fill_ones(Tensor&) override {}
  void fill_zeros(Tensor&) override {}
  void fill_tokens(Tensor&, std::int64_t, std::uint64_t) override {}
  void fill_blocks(Tensor&) override {}
  void embed(const Weight&, const Tensor&, const Tensor&, StepShape, Tensor&) override {}
  void norm(Norm, double, const Tensor&, const Tensor&, const Tensor&, Tensor&) override {}
  void matmul(const Tensor&, const Weight&, const Tensor&, Tensor&) override {}
  void quantise(const Tensor&, Tensor&, Tensor&) override {}
  void matmul_int8(const Tensor&, const Weight&, Tensor&) override {}
  void dequantise(const Tensor&, const Tensor&, const Weight&, const Tensor&, Tensor&) override {}
  void rotate(Tensor&, std::int64_t, const Attention&, double, StepShape) override {}
  void append(const Tensor&, const Tensor&, StepShape, KvCache&) override {}
  void copy_cache(const KvCache&, std::int64_t, KvCache&) override {}
  void expand_heads(const Attention&, const Tensor&, Tensor&) override {}
  void attend(const Attention&, const Tensor&, const KvCache&, const Tensor&, StepShape, Tensor&) override {}
  void score(const Attention&, const Tensor&, const KvCache&, StepShape, Tensor&) override {}
  void softmax(const Tensor&, const Tensor&, StepShape, Tensor&) override {}
  void mix(const Attention&, const Tensor&, const KvCache&, StepShape, Tensor&) override {}
  void activate(Activation, const Tensor&, Tensor&) override {}
  void multiply(const Tensor&, const Tensor&, Tensor&) override {}
  void add(const Tensor&, const Tensor&, Tensor&) override {}
  void convert(const Tensor&, Tensor&) override {}
  void last_rows(const Tensor&, StepShape, Tensor&) override {}
  void sample(const Tensor&, Tensor&) override {}
  void copy_columns(const Tensor&, std::int64_t, std::int64_t, Tensor&, std::int64_t) override {}
  void route(const Tensor&, const Tensor&, Routes&) override {}
  void gather_rows(const Tensor&, const Routes&, Tensor&) override {}
  void combine_experts(const Tensor&, const Routes&, Tensor&) override {}
  void absorb_queries(const LatentAttention&, const Tensor&, const Weight&, Tensor&) override {}
  void expand_values(const LatentAttention&, const Tensor&, const Weight&, Tensor&) override {}
  void convolve(const Tensor&, const Weight&, const Tensor&, StepShape, Tensor&, Tensor&) override {}
  void scan(const Mamba&, const MambaInputs&, StepShape, Tensor&, Tensor&) override {}
  void scan(const Mamba2&, const Mamba2Inputs&, StepShape, Tensor&, Tensor&) override {}
  void scan(const GatedDeltaNet&, const DeltaInputs&, StepShape, Tensor&, Tensor&) override {}
  void predict_copies(const Tensor&, const Tensor&, Tensor&) override {}
  void correct_copies(const Tensor&, const Tensor&, Tensor&) override {}

 protected:
  /// What the allocator holds on a device beside what is alive: it belongs to the peak, as `workspace`.
  virtual Bytes idle_bytes(std::size_t) const { return {}; }
  void note_allocation(const Tensor& tensor, Bytes rounded);
  void note_release(const Tensor& tensor, Bytes rounded);
  void note_retries(std::size_t device, std::int64_t retries) { counts_[device].allocator_retries = retries; }

  int device_ = 0;

 private:
  void note_peak(std::size_t device);

  Rounding rounding_;
  bool fold_;
  TensorWatcher* watcher_ = nullptr;
  Phase phase_ = Phase::load;
  std::vector<Live> live_;
  std::vector<Live> before_;  ///< the layer that is being folded; kept to be reused
  std::vector<DeviceCount> counts_;
};

}  // namespace calibram
