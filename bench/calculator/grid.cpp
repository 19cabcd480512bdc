// SPDX-License-Identifier: MIT
// Cuts a grid into blocks of one question, which several threads ask.
#include "bench/calculator/grid.hpp"

#include "bench/calculator/varied.hpp"
#include "src/core/csv.hpp"
#include "src/core/error.hpp"
#include "src/core/ordered_work.hpp"
#include "src/core/printable.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>

namespace calibram {
namespace {

// Enough that a block's own cost, its question and its weights, is lost in them; few enough for memory.
constexpr std::size_t rows_per_block = 4096;

constexpr std::string_view columns =
    "model,runtime,weights,kv,batch,prompt,generate,devices,split,options,metric,estimator,total_bytes,low_"
    "bytes,"
    "high_bytes,bound99_bytes,extrapolates,reason,gpu,capacity_bytes,set_aside_bytes,fits,headroom_bytes\n";

/// Workloads of one question: some of its batches times contexts, in that order.
struct Block {
  const Question* question;
  std::size_t first, count;
};

/// Hands out blocks one after the other.
class Blocks {
 public:
  explicit Blocks(const Grid& grid) : grid_{grid} {
    const std::size_t capacities = std::max<std::size_t>(grid.capacities.size(), 1);
    workloads_per_block_ = std::max<std::size_t>(rows_per_block / capacities, 1);
  }

  std::optional<Block> next() {
    const std::size_t workloads = grid_.batches.size() * grid_.contexts.size();
    if (question_ == grid_.questions.size() || workloads == 0) return std::nullopt;
    const Block block{&grid_.questions[question_], first_,
                      std::min(workloads_per_block_, workloads - first_)};
    first_ += block.count;
    if (first_ == workloads) {
      first_ = 0;
      ++question_;
    }
    return block;
  }

 private:
  const Grid& grid_;
  std::size_t workloads_per_block_ = 1, question_ = 0, first_ = 0;
};

void append(std::string& text, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_field(std::string& text, std::int64_t number) {
  text += ',';
  append(text, number);
}

/// Writes the rows of one block.
class RowWriter {
 public:
  RowWriter(const Grid& grid, const Question& question) : grid_{grid}, metric_{question.metric} {
    before_ = csv_field(question.subject) + "," + csv_field(question.runtime) + "," +
              csv_field(question.weights->name) + "," + csv_field(question.kv->name);
    after_ = "," + std::to_string(question.devices) + "," + std::string{name_of(question.split)} + "," +
             csv_field(options_text(question.options)) + "," + std::string{name_of(question.metric)};
    for (const Capacity& capacity : grid.capacities)
      cards_.push_back("," + csv_field(capacity.gpu) + "," + std::to_string(capacity.bytes.count()));
  }

  void add(const Workload& workload, const Asked& asked) {
    begin(workload);
    const Estimate* estimate = asked.estimate();
    if (!estimate) return end_without_answer(asked.estimator, std::get<Unanswered>(asked.answer).reason);
    workload_ += ',';
    workload_ += asked.estimator;
    append_field(workload_, estimate->total.count());
    append_interval(*estimate);
    workload_ += estimate->extrapolates ? ",true," : ",false,";
    if (cards_.empty()) return end(",,,,,");
    for (std::size_t i = 0; i < cards_.size(); ++i) {
      const Fitting fitting = fit_into(*estimate, metric_, grid_.capacities[i]);
      card_ = cards_[i];
      append_field(card_, fitting.set_aside.count());
      card_ += fitting.fits() ? ",true" : ",false";
      append_field(card_, fitting.headroom().count());
      end(card_);
    }
  }

  void add_refused(const Workload& workload, const std::string& reason) {
    begin(workload);
    end_without_answer("", reason);
  }

  GridRows take() { return std::move(rows_); }

 private:
  void begin(const Workload& workload) {
    workload_ = before_;
    append_field(workload_, workload.batch);
    append_field(workload_, workload.prompt);
    append_field(workload_, workload.generate);
    workload_ += after_;
  }

  void append_interval(const Estimate& estimate) {
    if (!estimate.interval) {
      workload_ += ",,,";
      return;
    }
    append_field(workload_, estimate.interval->low.count());
    append_field(workload_, estimate.interval->high.count());
    append_field(workload_, estimate.interval->bound99.count());
  }

  void end_without_answer(std::string_view estimator, const std::string& reason) {
    workload_ += "," + std::string{estimator} + ",,,,,," + csv_field(printable(reason, longest_reason));
    if (cards_.empty()) return end(",,,,,");
    for (const std::string& card : cards_) end(card + ",,,");
  }

  void end(std::string_view rest) {
    rows_.text += workload_;
    rows_.text += rest;
    rows_.text += '\n';
    ++rows_.points;
  }

  static constexpr std::size_t longest_reason = 300;

  const Grid& grid_;
  Metric metric_;
  std::string before_, after_;      ///< a row's fields before and after its workload
  std::vector<std::string> cards_;  ///< fields of each capacity
  std::string workload_, card_;     ///< kept to be reused
  GridRows rows_;
};

/// Of the question's workload `generate` alone counts.
Workload workload_of(const Grid& grid, const Question& question, std::size_t index) {
  const Workload workload{.batch = grid.batches[index / grid.contexts.size()],
                          .generate = question.workload.generate};
  return with_context(workload, grid.contexts[index % grid.contexts.size()]);
}

GridRows rows_of(const Grid& grid, const Calculator& calculator, const Block& block) {
  RowWriter writer{grid, *block.question};
  const auto for_each_workload = [&](const auto& add) {
    for (std::size_t i = block.first; i < block.first + block.count; ++i)
      add(workload_of(grid, *block.question, i));
  };
  std::optional<PreparedAsk> prepared;
  try {
    prepared.emplace(calculator.prepare(*block.question));
  } catch (const InputError& refusal) {
    for_each_workload([&](const Workload& workload) { writer.add_refused(workload, refusal.what()); });
    return writer.take();
  }
  for_each_workload([&](const Workload& workload) { writer.add(workload, prepared->ask(workload)); });
  return writer.take();
}

}  // namespace

std::int64_t Grid::points() const {
  const auto count = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  return checked_product(
      {count(questions), count(batches), count(contexts), std::max<std::int64_t>(count(capacities), 1)});
}

std::string grid_header() { return std::string{columns}; }

void ask_grid(const Grid& grid, const Calculator& calculator, unsigned threads,
              const std::function<void(const GridRows&)>& take) {
  Blocks blocks{grid};
  OrderedWork<Block, GridRows> asking;
  asking.next = [&] { return blocks.next(); };
  asking.make = [&](const Block& block) { return rows_of(grid, calculator, block); };
  asking.take = take;
  asking.run(threads);
}

}  // namespace calibram
