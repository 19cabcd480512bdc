// SPDX-License-Identifier: MIT
// Keeps the list of live tensors, and a copy of it at every new peak.
#include "src/engine/peak_tensors.hpp"

#include "src/engine/counted_pass.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace calibram {
namespace {

using GroupKey = std::tuple<Term, Element, std::int64_t, std::int64_t>;
using Groups = std::map<GroupKey, TensorGroup>;

class PeakList : public TensorWatcher {
 public:
  explicit PeakList(int devices)
      : live_(static_cast<std::size_t>(devices)), at_peak_(static_cast<std::size_t>(devices)) {}

  void note_allocation(const Tensor& tensor, Bytes rounded) override {
    TensorGroup& group = group_of(tensor);
    ++group.count;
    group.bytes += rounded;
  }
  void note_release(const Tensor& tensor, Bytes rounded) override {
    TensorGroup& group = group_of(tensor);
    --group.count;
    group.bytes -= rounded;
  }
  void note_peak(std::size_t device) override { at_peak_[device] = live_[device]; }

  std::vector<TensorGroup> all_devices() const {
    Groups sum;
    for (const Groups& device : at_peak_)
      for (const auto& [shape, group] : device) {
        TensorGroup& entry = sum.try_emplace(shape, TensorGroup{group.term, group.element, group.rows,
                                                                group.columns, 0, Bytes{}})
                                 .first->second;
        entry.count += group.count;
        entry.bytes += group.bytes;
      }
    std::vector<TensorGroup> groups;
    for (const auto& [shape, group] : sum)
      if (group.count > 0) groups.push_back(group);
    std::stable_sort(groups.begin(), groups.end(),
                     [](const TensorGroup& a, const TensorGroup& b) { return a.bytes > b.bytes; });
    return groups;
  }

 private:
  TensorGroup& group_of(const Tensor& tensor) {
    const GroupKey shape{tensor.term, tensor.element, tensor.rows, tensor.columns};
    return live_[tensor.device]
        .try_emplace(shape, TensorGroup{tensor.term, tensor.element, tensor.rows, tensor.columns, 0, Bytes{}})
        .first->second;
  }

  std::vector<Groups> live_, at_peak_;
};

}  // namespace

std::vector<TensorGroup> tensors_at_peak(const Question& question, const Runtime& runtime) {
  if (runtime.count) return {};
  const std::unique_ptr<CountingOps> ops = books_of(question, runtime, /*fold=*/false);
  PeakList list{question.devices};
  ops->set_watcher(list);
  count_pass(question, runtime, *ops);
  return list.all_devices();
}

}  // namespace calibram
