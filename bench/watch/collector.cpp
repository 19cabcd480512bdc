// SPDX-License-Identifier: MIT
// Feeds the tree of processes from events, or from walks through /proc.
#include "bench/watch/collector.hpp"

#include "bench/watch/tree_walk.hpp"
#include "kernels/host/host_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include <time.h>

namespace calibram {
namespace {

constexpr std::string_view one_process = "ru_maxrss";

}  // namespace

Nanoseconds monotonic_now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * Nanoseconds{1'000'000'000} + time.tv_nsec;
}

Collector::Collector(pid_t launcher)
    : launcher_{launcher},
      tree_{launcher, read_resident(launcher).value_or(ResidentReading{}).mark},
      events_{ProcessEvents::open()},
      cards_{Nvml{}},
      last_walk_{monotonic_now()} {}

void Collector::look() {
  if (events_) event_reads_.look_if_due([&] { events_->read_into(tree_); });
  walks_.look_if_due([&] { walk(); });
  if (cards_.has_cards()) card_looks_.look_if_due([&] { cards_.look(tree_.alive()); });
}

Nanoseconds Collector::due() const {
  Nanoseconds due = walks_.due();
  if (events_ && event_reads_.due() > monotonic_now()) due = std::min(due, event_reads_.due());
  if (cards_.has_cards()) due = std::min(due, card_looks_.due());
  return due;
}

/// Messages are of the whole machine: collected for a while, not answered one by one.
std::vector<int> Collector::descriptors() const {
  const bool is_time = events_ && event_reads_.due() <= monotonic_now();
  return is_time ? events_->descriptors() : std::vector<int>{};
}

/// Every process is read twice, and the smaller reading counts for the sum, so that what one frees before
/// another one allocates is not counted twice.
void Collector::walk() {
  const Nanoseconds now = monotonic_now();
  if (events_)
    events_->read_into(tree_);  // what was replaced by exec must be known, or its mark would be the new one's
  else
    list_processes(now);
  const std::vector<pid_t> pids = tree_.alive();
  std::vector<Bytes> first;
  for (const pid_t pid : pids) first.push_back(read_resident(pid).value_or(ResidentReading{}).now);
  std::vector<Bytes> smaller;
  for (std::size_t i = 0; i < pids.size(); ++i) {
    const auto reading = read_resident(pids[i]);
    if (!reading) continue;
    smaller.push_back(std::min(first[i], reading->now));
    tree_.mark_so_far(pids[i], reading->mark, now);
  }
  together_ = std::max(together_, held_at_least(smaller, resident_counter_slack()));
}

/// Without events, what appeared since the last walk began then at the earliest, and what has gone ended now
/// at the latest.
void Collector::list_processes(Nanoseconds now) {
  const std::vector<ListedProcess> listed = descendants(launcher_);
  const std::vector<pid_t> before = tree_.alive();
  for (const pid_t pid : before)
    if (std::none_of(listed.begin(), listed.end(), [&](const auto& process) { return process.pid == pid; }))
      tree_.ended(pid, now);
  for (const ListedProcess& process : listed)
    if (std::find(before.begin(), before.end(), process.pid) == before.end())
      tree_.forked(process.parent, process.pid, last_walk_);
  last_walk_ = now;
}

void Collector::finish() {
  if (events_) events_->read_into(tree_);
  walk();
  // Of what is still alive this is all that is known.
  for (const pid_t pid : tree_.alive())
    if (const auto reading = read_resident(pid)) tree_.mark(pid, reading->mark);
}

ResidentPeak Collector::resident() const {
  const bool has_marks = events_ && events_->has_marks() && !events_->has_lost_some();
  TreeBounds bounds = tree_.bounds(most_);
  const std::size_t processes = std::max<std::size_t>(1, tree_.size());
  if (processes > 1) {  // of one process the mark is the figure, and its slack a column of its own
    bounds.lower = std::max(held_at_least(std::span{&bounds.lower, 1}, resident_counter_slack()), together_);
    bounds.upper = std::max(bounds.upper, bounds.lower);
  }
  std::string counter{one_process};
  if (processes > 1)
    counter = fmt::format("middle of bounds on {} processes together ({} polled every {} ms)", processes,
                          has_marks ? "taskstats; sum" : "VmHWM and sum", Timetable::milliseconds);
  return {bounds, processes, counter};
}

}  // namespace calibram
