// SPDX-License-Identifier: MIT
// The scheduler of a sweep.
#include "bench/sweep/sweep.hpp"

#include "src/core/error.hpp"
#include "src/core/line_appender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace calibram {
namespace {

using namespace literals;

/// Whether resuming keeps the row: it was measured, even if no fit takes it.
bool is_measured(const Measurement& row) { return row.outcome.empty() || row.outcome == "near_full"; }

/// As a row of the file says it: model paths are relative to the file.
Measurement as_recorded(Measurement row, const std::filesystem::path& csv) {
  row.model = model_as_recorded(row.model, csv);
  return row;
}

/// Leaves out as many points as the file holds rows of their configuration that are not to be repeated.
std::vector<Point> without_measured(std::vector<Point> plan, const std::filesystem::path& csv) {
  std::vector<Measurement> rows = read_measurements(csv);
  std::erase_if(rows, [](const Measurement& row) { return !is_measured(row); });
  std::erase_if(plan, [&](const Point& point) {
    const Measurement wanted = as_recorded(point.row, csv);
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const Measurement& row) { return same_configuration(row, wanted); });
    if (found == rows.end()) return false;
    rows.erase(found);
    return true;
  });
  return plan;
}

/// The shared state of the threads that each run one child at a time.
class Sweep {
 public:
  Sweep(std::vector<Point> plan, const SweepOptions& options, LineAppender& file,
        const std::atomic<bool>& stop)
      : plan_{std::move(plan)}, options_{options}, file_{file}, stop_{stop} {
    // Longest first, so that no long point is left alone at the end.
    if (options_.parallel > 1)
      std::stable_sort(plan_.begin(), plan_.end(),
                       [](const Point& a, const Point& b) { return a.work > b.work; });
    progress_.total = plan_.size();
    for (const Point& point : plan_) progress_.work_total += point.work;
  }

  SweepResult measure_all() {
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < options_.parallel; ++i) threads.emplace_back([this] { work(); });
    }
    if (failure_) std::rethrow_exception(failure_);
    result_.interrupted = stop_;
    return result_;
  }

 private:
  Bytes need(const Point& point) const { return point.prediction.total + options_.child_overhead; }

  void work() {
    try {
      while (const Point* point = next()) measure(*point);
    } catch (...) {
      const std::scoped_lock lock{mutex_};
      if (!failure_) failure_ = std::current_exception();
      abandoned_ = true;
      freed_.notify_all();
    }
  }

  /// The longest point that fits beside those that run; waits for one of them to end if none does.
  const Point* next() {
    std::unique_lock lock{mutex_};
    for (;;) {
      if (stop_ || abandoned_) return nullptr;
      const auto waiting = [&](const Point& point) { return !started_[index(point)]; };
      if (std::none_of(plan_.begin(), plan_.end(), waiting)) return nullptr;
      const auto found = std::find_if(plan_.begin(), plan_.end(), [&](const Point& point) {
        return waiting(point) && (in_use_ + need(point) <= options_.budget || need(point) > options_.budget);
      });
      if (found != plan_.end()) {
        started_[index(*found)] = true;
        if (need(*found) <= options_.budget) in_use_ += need(*found);
        return &*found;
      }
      freed_.wait(lock);
    }
  }

  std::size_t index(const Point& point) const { return static_cast<std::size_t>(&point - plan_.data()); }

  void measure(const Point& point) {
    if (need(point) > options_.budget) {
      record(point, {unmeasured_row(point, "skipped",
                                    fmt::format("needs {}, the budget is {}", gib_text(need(point)),
                                                gib_text(options_.budget)),
                                    options_.provenance)});
      return;
    }
    const auto [rows, cut_off] = run(point);
    const std::scoped_lock lock{mutex_};
    in_use_ -= need(point);
    freed_.notify_all();
    if (!cut_off) record_locked(point, rows);
  }

  struct PointEnd {
    std::vector<Measurement> rows;
    bool cut_off;  ///< by `stop`, before it had measured
  };

  /// A child that cannot be started or reports nonsense costs its own point only.
  PointEnd run(const Point& point) const {
    ChildReport report;
    const auto begin = std::chrono::steady_clock::now();
    try {
      const ProcessEnd end = options_.run_point(point, report, stop_);
      const auto wall =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
      return {ledger_rows(point, report, end, wall.count(), options_.provenance),
              end.interrupted || (stop_ && !report.complete)};
    } catch (const Error& problem) {
      return {{unmeasured_row(point, "failed", problem.what(), options_.provenance)}, stop_};
    }
  }

  void record(const Point& point, const std::vector<Measurement>& rows) {
    const std::scoped_lock lock{mutex_};
    record_locked(point, rows);
  }

  void record_locked(const Point& point, const std::vector<Measurement>& rows) {
    for (const Measurement& row : rows) file_.append(csv_row(as_recorded(row, options_.csv)));
    const std::string& outcome = rows.back().outcome;
    ++(is_measured(rows.back()) ? result_.measured
       : outcome == "skipped"   ? result_.skipped
       : outcome == "rejected"  ? result_.rejected
                                : result_.failed);
    ++progress_.done;
    progress_.work_done += point.work;
    progress_.current = describe(point.row);
    if (options_.on_progress) options_.on_progress(progress_);
  }

  std::vector<Point> plan_;
  const SweepOptions& options_;
  LineAppender& file_;
  const std::atomic<bool>& stop_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<bool> started_ = std::vector<bool>(plan_.size());
  Bytes in_use_;
  SweepProgress progress_;
  SweepResult result_;
  std::exception_ptr failure_;
  bool abandoned_ = false;
};

}  // namespace

SweepResult run_sweep(std::vector<Point> plan, const SweepOptions& options, const std::atomic<bool>& stop) {
  for (Point& point : plan) point.row.device = options.provenance.device;
  LineAppender file = options.resume ? LineAppender::resume(options.csv, csv_header())
                                     : LineAppender::create(options.csv, csv_header());
  const std::size_t planned = plan.size();
  if (options.resume) plan = without_measured(std::move(plan), options.csv);
  const std::size_t reused = planned - plan.size();
  SweepResult result = Sweep{std::move(plan), options, file, stop}.measure_all();
  result.reused = reused;
  result.dropped = file.dropped();
  return result;
}

Bytes default_budget(Bytes available) { return std::min(8_GiB, Bytes{available.count() / 2}); }

std::string describe(const Measurement& row) {
  return fmt::format("{} {}/{} {} x {}", row.model, row.weights, row.kv, row.workload.batch,
                     row.workload.context_tokens());
}

}  // namespace calibram
