// SPDX-License-Identifier: MIT
// The books of a counted pass.
#include "src/engine/counting_ops.hpp"

#include <algorithm>

namespace calibram {

CountingOps::CountingOps(int devices, Rounding rounding, bool fold)
    : rounding_{rounding},
      fold_{fold},
      live_(static_cast<std::size_t>(devices)),
      counts_(static_cast<std::size_t>(devices)) {}

void CountingOps::begin(Phase phase) {
  phase_ = phase;
  for (std::size_t device = 0; device < live_.size(); ++device) note_peak(device);
}

void CountingOps::restore(const Books& books) {
  live_ = books.live;
  counts_ = books.counts;
}

Tensor CountingOps::allocate(Term term, Element element, std::int64_t rows, std::int64_t columns) {
  const Tensor tensor{nullptr, rows, columns, element, term, static_cast<unsigned char>(device_)};
  note_allocation(tensor, rounded_size(tensor.bytes(), rounding_));
  return tensor;
}

void CountingOps::note_allocation(const Tensor& tensor, Bytes rounded) {
  Live& live = live_[tensor.device];
  live.rounded[tensor.term] += rounded;
  live.rounded_total += rounded;
  live.requested += tensor.bytes();
  if (watcher_) watcher_->note_allocation(tensor, rounded);
  note_peak(tensor.device);
}

void CountingOps::release(Tensor& tensor) {
  if (tensor.empty()) return;
  note_release(tensor, rounded_size(tensor.bytes(), rounding_));
  tensor = Tensor{};
}

void CountingOps::note_release(const Tensor& tensor, Bytes rounded) {
  Live& live = live_[tensor.device];
  live.rounded[tensor.term] -= rounded;
  live.rounded_total -= rounded;
  live.requested -= tensor.bytes();
  if (watcher_) watcher_->note_release(tensor, rounded);
}

void CountingOps::for_each_layer(IndexRange range, const std::function<void(std::int64_t)>& body) {
  if (!fold_ || range.count <= 2) {
    for (std::int64_t i = 0; i < range.count; ++i) body(range.first + i);
    return;
  }
  before_ = live_;
  body(range.first);
  for (std::size_t device = 0; device < live_.size(); ++device) {
    Live& live = live_[device];
    const Live& start = before_[device];
    const std::int64_t more = range.count - 2;
    for (std::size_t i = 0; i < term_count; ++i) {
      const Term term{static_cast<unsigned char>(i)};
      live.rounded[term] += more * (live.rounded[term] - start.rounded[term]);
    }
    live.rounded_total += more * (live.rounded_total - start.rounded_total);
    live.requested += more * (live.requested - start.requested);
  }
  body(range.first + 1);
}

std::int64_t CountingOps::layer_slots(IndexRange range) const {
  return fold_ ? std::min<std::int64_t>(range.count, 2) : range.count;
}

void CountingOps::note_peak(std::size_t device) {
  const Live& live = live_[device];
  DeviceCount& count = counts_[device];
  Bytes& phase_peak = count.phase_peaks[static_cast<std::size_t>(phase_)];
  const Bytes idle = idle_bytes(device), total = live.rounded_total + idle;
  if (total > phase_peak) phase_peak = total;
  if (total <= count.total) return;
  count.total = total;
  count.at_peak = live.rounded;
  count.at_peak[Term::workspace] += idle;
  count.requested = live.requested;
  count.phase = phase_;
  if (watcher_) watcher_->note_peak(device);
}

}  // namespace calibram
