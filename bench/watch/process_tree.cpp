// SPDX-License-Identifier: MIT
// Adds up marks over the times at which they can have been reached.
#include "bench/watch/process_tree.hpp"

#include <algorithm>
#include <limits>

namespace calibram {
namespace {

using namespace literals;

/// Where no mark at the end is known, the last one seen bounds it, with what can have been touched since: a
/// core clears less than 8 MiB of pages in a millisecond, and hardly anybody fills memory with many before
/// the end.
Bytes touched_at_most(Nanoseconds begin, Nanoseconds end) {
  constexpr Nanoseconds nanoseconds_per_kib = 122;
  return 1_KiB * (std::max<Nanoseconds>(0, end - begin) / nanoseconds_per_kib + 1);
}

}  // namespace

Bytes held_at_least(std::span<const Bytes> readings, Bytes slack) {
  Bytes sum;
  for (const Bytes reading : readings) sum += std::max(Bytes{}, reading - slack);
  return sum;
}

struct ProcessTree::Step {
  Nanoseconds when;
  Bytes change;
};

ProcessTree::Process* ProcessTree::find(pid_t pid) {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? nullptr : &processes_[found->second];
}

void ProcessTree::forked(pid_t parent, pid_t child, Nanoseconds when) {
  Process process{child, root_mark_, std::nullopt, {{when}}};
  if (parent != root_) {
    const auto found = by_pid_.find(parent);
    if (found == by_pid_.end()) {
      by_pid_.erase(child);  // the number of one of ours, used again by somebody else
      return;
    }
    process.parent = found->second;
  }
  by_pid_[child] = processes_.size();
  processes_.push_back(std::move(process));
}

void ProcessTree::execed(pid_t pid, Nanoseconds when) {
  Process* process = find(pid);
  if (process == nullptr) return;
  process->images.back().end = when;
  process->images.back().mark.reset();
  process->images.push_back({when});
}

void ProcessTree::ended(pid_t pid, Nanoseconds when) {
  if (Process* process = find(pid)) process->images.back().end = when;
}

void ProcessTree::thread_ended(pid_t pid, Nanoseconds when) {
  Process* process = find(pid);
  if (process != nullptr && process->images.back().end) process->images.back().end = when;
}

void ProcessTree::mark(pid_t pid, Bytes mark) {
  Process* process = find(pid);
  if (process == nullptr) return;
  Image& image = process->images.back();
  image.mark = std::max(image.mark.value_or(Bytes{}), mark);
}

void ProcessTree::mark_so_far(pid_t pid, Bytes mark, Nanoseconds when) {
  Process* process = find(pid);
  if (process == nullptr || process->images.back().begin > when) return;
  Image& image = process->images.back();
  image.so_far = mark;
  image.looked = when;
}

std::vector<pid_t> ProcessTree::alive() const {
  std::vector<pid_t> pids;
  for (const auto& [pid, index] : by_pid_)
    if (!processes_[index].images.back().end) pids.push_back(pid);
  return pids;
}

/// The most that an image can have held.
Bytes ProcessTree::largest(const Process& process, std::size_t index, Bytes most) const {
  const Image& image = process.images[index];
  // A look adds up the processors' counters, the mark at the end does not: the larger is nearer.
  if (image.mark) return std::max(*image.mark, image.so_far.value_or(Bytes{}));
  if (!image.end) return most;
  if (image.so_far && image.looked <= *image.end)
    return std::min(most, *image.so_far + touched_at_most(image.looked, *image.end));
  const Bytes touched = touched_at_most(image.begin, *image.end);
  if (index > 0) return std::min(most, touched);
  Bytes inherited = process.inherited;
  if (process.parent) {
    // The image that the parent ran when it forked.
    const Process& parent = processes_[*process.parent];
    std::size_t of_parent = parent.images.size() - 1;
    while (of_parent > 0 && parent.images[of_parent].begin > image.begin) --of_parent;
    inherited = largest(parent, of_parent, most);
  }
  return std::min(most, inherited + touched);
}

std::vector<ProcessTree::Step> ProcessTree::steps(Bytes most) const {
  std::vector<Step> steps;
  for (const Process& process : processes_)
    for (std::size_t i = 0; i < process.images.size(); ++i) {
      const Bytes held = largest(process, i, most);
      const Image& image = process.images[i];
      // Of one process the old image goes before the new one comes.
      const Nanoseconds before_exec = i + 1 < process.images.size() ? 1 : 0;
      steps.push_back({image.begin, held});
      steps.push_back({image.end.value_or(std::numeric_limits<Nanoseconds>::max()) - before_exec, held * -1});
    }
  // Of two processes the new one comes before the old one goes: the larger sum.
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
    return a.when != b.when ? a.when < b.when : a.change > b.change;
  });
  return steps;
}

TreeBounds ProcessTree::bounds(Bytes most) const {
  TreeBounds bounds{most, most};
  for (const Process& process : processes_)
    for (const Image& image : process.images)
      bounds.lower = std::max({bounds.lower, image.mark.value_or(Bytes{}), image.so_far.value_or(Bytes{})});
  Bytes sum;
  for (const Step& step : steps(bounds.lower)) {
    sum += step.change;
    bounds.upper = std::max(bounds.upper, sum);
  }
  bounds.upper = std::max(bounds.upper, bounds.lower);
  return bounds;
}

}  // namespace calibram
