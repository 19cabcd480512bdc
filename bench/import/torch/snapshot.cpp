// SPDX-License-Identifier: MIT
// Walks the trace backwards from the state at the dump, so that it need not reach back to the start.
#include "bench/import/torch/snapshot.hpp"

#include "bench/import/torch/device_memory.hpp"
#include "bench/import/torch/pickle.hpp"
#include "src/core/bytes.hpp"
#include "src/core/error.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace calibram {
namespace {

/// The allocator's rounding: blocks are multiples of this (c10/core/AllocatorConfig.h, kMinBlockSize).
constexpr std::int64_t block_step = 512;

std::int64_t added(std::int64_t bytes, std::int64_t more) { return std::min(bytes + more, largest_size); }

/// A device at the dump: bytes in use and held, and the sizes of the blocks in use by address.
struct DeviceState {
  std::int64_t allocated = 0, reserved = 0;
  std::map<std::int64_t, std::int64_t> blocks{};
};

std::int64_t size_of(const Pickle& pickle, PickleValue dictionary, std::string_view key) {
  const std::optional<std::int64_t> size = pickle.integer(dictionary, key);
  return size && *size >= 0 && *size <= largest_size ? *size : 0;
}

/// torch/cuda/_memory_viz.py: a block that is freed and still waits for a stream is in use, but not
/// allocated.
void add_segment(const Pickle& pickle, PickleValue segment, DeviceState& device) {
  device.reserved = added(device.reserved, size_of(pickle, segment, "total_size"));
  device.allocated = added(device.allocated, size_of(pickle, segment, "allocated_size"));
  std::int64_t address = pickle.integer(segment, "address").value_or(0);
  for (const PickleValue block : pickle.list(pickle.find(segment, "blocks"))) {
    const std::int64_t size = size_of(pickle, block, "size");
    if (const auto own = pickle.integer(block, "address")) address = *own;
    if (pickle.text(block, "state") == "active_allocated") device.blocks[address] = size;
    if (__builtin_add_overflow(address, size, &address)) return;
  }
}

std::map<std::int64_t, DeviceState> states(const Pickle& pickle) {
  std::map<std::int64_t, DeviceState> devices;
  for (const PickleValue segment : pickle.list(pickle.find(pickle.root(), "segments"))) {
    const std::int64_t device = pickle.integer(segment, "device").value_or(0);
    if (devices.contains(device) || devices.size() < most_parts)
      add_segment(pickle, segment, devices[device]);
  }
  return devices;
}

/// Undoes the events of one device, the last one first.
class Rewind {
 public:
  Rewind(const Pickle& pickle, DeviceState state)
      : pickle_{pickle}, state_{std::move(state)}, allocated_{state_.allocated}, reserved_{state_.reserved} {}

  void undo(PickleValue event) {
    const std::string_view action = pickle_.text(event, "action");
    const std::int64_t size = size_of(pickle_, event, "size");
    if (action == "alloc")
      undo_allocation(event, size);
    else if (action == "free_requested")
      state_.allocated = added(state_.allocated, round_up(size, block_step));
    else if (action == "segment_alloc" || action == "segment_map")
      state_.reserved = std::max<std::int64_t>(state_.reserved - size, 0);
    else if (action == "segment_free" || action == "segment_unmap")
      state_.reserved = added(state_.reserved, size);
    else
      return;
    ++events_;
    allocated_ = std::max(allocated_, state_.allocated);
    reserved_ = std::max(reserved_, state_.reserved);
  }

  std::int64_t events() const { return events_; }
  DeviceMemory peaks() const { return {Quantity{allocated_, 0}, Quantity{reserved_, 0}}; }

 private:
  /// Of a block that is still there the true size is known; of others what was asked for.
  void undo_allocation(PickleValue event, std::int64_t size) {
    const auto block = state_.blocks.find(pickle_.integer(event, "addr").value_or(-1));
    std::int64_t taken = round_up(size, block_step);
    if (block != state_.blocks.end()) {
      taken = block->second;
      state_.blocks.erase(block);
    }
    state_.allocated = std::max<std::int64_t>(state_.allocated - taken, 0);
  }

  const Pickle& pickle_;
  DeviceState state_;
  std::int64_t allocated_, reserved_;
  std::int64_t events_ = 0;
};

void check_snapshot(const Pickle& pickle, const ByteReader& reader) {
  if (pickle.find(pickle.root(), "segments").kind == PickleKind::list) return;
  throw InputError{
      fmt::format("cannot read {} (the pickle has no list 'segments')", in_quotes(reader.file().string())),
      "", "write it with torch.cuda.memory._dump_snapshot(FILE)"};
}

}  // namespace

Reading read_snapshot(ByteReader& reader) {
  const Pickle pickle{reader};
  check_snapshot(pickle, reader);
  std::map<std::int64_t, DeviceState> devices = states(pickle);
  const std::vector<PickleValue>& traces = pickle.list(pickle.find(pickle.root(), "device_traces"));
  for (std::size_t i = 0; i < traces.size(); ++i)
    if (!pickle.list(traces[i]).empty() && devices.size() < most_parts) devices[static_cast<std::int64_t>(i)];
  std::map<std::int64_t, DeviceMemory> peaks;
  std::int64_t events = 0;
  for (const auto& [index, state] : devices) {
    Rewind rewind{pickle, state};
    const bool has_trace = index >= 0 && static_cast<std::size_t>(index) < traces.size();
    const std::vector<PickleValue>& trace =
        has_trace ? pickle.list(traces[static_cast<std::size_t>(index)]) : pickle.list({});
    std::for_each(trace.rbegin(), trace.rend(), [&](PickleValue event) { rewind.undo(event); });
    peaks[index] = rewind.peaks();
    events += rewind.events();
  }
  Reading reading;
  add_devices(peaks, events > 0 ? "torch snapshot: peak of its trace" : "torch snapshot: state at the dump",
              reading);
  reading.remarks.push_back(
      events > 0
          ? fmt::format(
                "the peak is that of the {} events in the trace; blocks that were freed count as asked "
                "for, rounded up to {} bytes",
                events, block_step)
          : "the snapshot has no trace: the numbers are those at the dump, not peaks");
  return reading;
}

}  // namespace calibram
