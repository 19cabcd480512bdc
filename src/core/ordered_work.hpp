// SPDX-License-Identifier: MIT
// Work that several threads share, whose results are taken in the order of the items.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace calibram {

/// Makes a Result of every Item. `next` and `take` are called by one thread at a time, `make` by all of them;
/// few items are under way at once. Of several failures the first in the order of the items counts, and only
/// results before it are taken: what happens is the same for any number of threads.
template <class Item, class Result>
class OrderedWork {
 public:
  std::function<std::optional<Item>()> next;  ///< nothing: there are no more
  std::function<Result(Item)> make;
  std::function<void(Result)> take;

  /// @throws what one of the three throws
  void run(unsigned threads) {
    most_under_way_ = 2 * std::size_t{threads};
    {
      std::vector<std::jthread> helpers;
      for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this] { work(); });
      work();
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  using Made = std::variant<Result, std::exception_ptr>;

  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      moved_.wait(lock, [&] { return is_over_ || begun_ - taken_ < most_under_way_; });
      if (is_over_) return;
      const std::size_t index = begun_++;
      Made made = std::exception_ptr{};  // none: the end
      if (std::optional<Item> item = next_item(made)) {
        lock.unlock();
        made = made_of(std::move(*item));
        lock.lock();
      }
      take_in_order(index, std::move(made));
      moved_.notify_all();
    }
  }

  /// @param made  gets the failure where `next` fails
  std::optional<Item> next_item(Made& made) try {
    std::optional<Item> item = next();
    is_over_ = !item;
    return item;
  } catch (...) {
    is_over_ = true;
    made = std::current_exception();
    return std::nullopt;
  }

  Made made_of(Item item) try { return make(std::move(item)); } catch (...) {
    return std::current_exception();
  }

  void take_in_order(std::size_t index, Made new_made) try {
    made_.emplace(index, std::move(new_made));
    for (; !failure_ && !made_.empty() && made_.begin()->first == taken_; ++taken_) {
      Made made = std::move(made_.extract(made_.begin()).mapped());
      if (auto* result = std::get_if<Result>(&made))
        take(std::move(*result));
      else
        fail(std::get<std::exception_ptr>(made));
    }
  } catch (...) {
    fail(std::current_exception());
  }

  void fail(std::exception_ptr failure) {
    if (failure_) return;
    failure_ = std::move(failure);
    is_over_ = is_over_ || failure_;
  }

  std::mutex mutex_;
  std::condition_variable moved_;
  std::map<std::size_t, Made> made_;  ///< not taken yet, by the items' numbers
  std::size_t begun_ = 0, taken_ = 0, most_under_way_ = 1;
  bool is_over_ = false;  ///< nothing more is begun
  std::exception_ptr failure_;
};

/// How many threads this machine runs at once.
inline unsigned machine_threads() { return std::max(1U, std::thread::hardware_concurrency()); }

}  // namespace calibram
