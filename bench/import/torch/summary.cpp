// SPDX-License-Identifier: MIT
// Reads the tables of torch.cuda.memory_summary(), alone or between the lines of a log.
#include "bench/import/line_patterns.hpp"
#include "bench/import/log_reader.hpp"
#include "bench/import/torch/device_memory.hpp"
#include "src/core/number.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <array>

namespace calibram {
namespace {

constexpr std::array summary_patterns = {
    LinePattern{R"(PyTorch \w+ memory summary, device ID (?P<device>\d+)\b)", "torch/cuda/memory.py"},
    LinePattern{R"(\| Allocated memory +\| +\d+ +\w+ +\| +(?P<allocated>\d+) (?P<unit>[KMGT]?i?B)\b)",
                "torch/cuda/memory.py _format_size: whole units, cut off"},
    LinePattern{R"(\| GPU reserved memory +\| +\d+ +\w+ +\| +(?P<reserved>\d+) (?P<unit>[KMGT]?i?B)\b)",
                "torch/cuda/memory.py _format_size: whole units, cut off"},
};

/// Compiled once: it takes longer than reading a table.
const LineMatcher& summary_lines() {
  static const LineMatcher compiled{summary_patterns};
  return compiled;
}

class TorchSummary : public LogReader {
 public:
  void read(const LogLine& line) override {
    const std::vector<Capture> captures = matcher_.match(line);
    if (captures.empty()) return;
    if (captures.front().name == "device") begin_device(captures.front().text);
    if (first_line_ == 0) first_line_ = line.number;
    last_line_ = line.number;
    if (captures.size() != 2) return;
    const std::optional<Quantity> size = parse_quantity(captures[0].text, captures[1].text, Printed::cut_off);
    DeviceMemory& memory = devices_[device_];
    (captures[0].name == "allocated" ? memory.allocated : memory.reserved) = size;
    if (!size)
      add_remark(remarks_,
                 fmt::format("{} is {}, which does not fit", captures[0].name, in_quotes(captures[0].text)));
  }

  std::vector<Reading> finish() override {
    end_tables();
    return std::move(readings_);
  }

 private:
  /// The same device again is another time.
  void begin_device(std::string_view id) {
    device_ = parse_integer(id).value_or(0);
    if (devices_.contains(device_) || devices_.size() >= most_parts) end_tables();
  }

  void end_tables() {
    if (first_line_ == 0) return;
    Reading reading;
    reading.first_line = first_line_;
    reading.last_line = last_line_;
    reading.remarks = std::move(remarks_);
    add_devices(devices_, "torch.cuda.memory_summary: peak", reading);
    if (readings_.size() < most_starts) readings_.push_back(std::move(reading));
    devices_.clear();
    remarks_.clear();
    first_line_ = 0;
  }

  const LineMatcher& matcher_ = summary_lines();
  std::map<std::int64_t, DeviceMemory> devices_;
  std::vector<Reading> readings_;
  std::vector<std::string> remarks_;
  std::int64_t device_ = 0, first_line_ = 0, last_line_ = 0;
};

}  // namespace

std::unique_ptr<LogReader> torch_summary() { return std::make_unique<TorchSummary>(); }

}  // namespace calibram
