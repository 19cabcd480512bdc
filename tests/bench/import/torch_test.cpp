// SPDX-License-Identifier: MIT
// PyTorch's dumps: peaks from the trace, the state without one, statistics, several devices.
#include "src/core/number.hpp"
#include "tests/bench/import/importing.hpp"
#include "tests/bench/import/pickles.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace calibram {
namespace {

constexpr std::int64_t base = 0x7f0000000000;
constexpr std::int64_t mib = 1 << 20;

const Supplied flags =
    supplied({{"model", "qwen2-7b"}, {"runtime", "transformers@4.46.0"}, {"prompt", "512"}});

Imported read(const std::string& bytes) { return import_text(LogKind::torch, bytes, "dump", flags); }

/// A segment of 20 MiB whose first 8 MiB are in use, and a device trace.
std::string snapshot(const std::function<void(PickleWriter&)>& write_trace, std::int64_t device = 0) {
  PickleWriter writer;
  writer.op("}(").text("segments").op("](").op("}(");
  writer.entry("device", device).entry("address", base).entry("total_size", 20 * mib);
  writer.entry("allocated_size", 8 * mib).text("blocks").op("](");
  writer.op("}(").entry("address", base).entry("size", 8 * mib).entry("state", "active_allocated").op("u");
  writer.op("}(").entry("address", base + 8 * mib).entry("size", 12 * mib).entry("state", "inactive").op("u");
  writer.op("e").op("u").op("e").text("device_traces").op("](");
  for (std::int64_t i = 0; i < device; ++i) writer.op("]");
  writer.op("](");
  write_trace(writer);
  return writer.op("e").op("e").op("u").finish();
}

void event(PickleWriter& writer, std::string_view action, std::int64_t address, std::int64_t size) {
  writer.op("}(").entry("action", action).entry("addr", address).entry("size", size).op("u");
}

TEST(TorchSnapshot, ThePeakComesFromTheTrace) {
  const Imported imported = read(snapshot([](PickleWriter& writer) {
    event(writer, "segment_alloc", base + 100 * mib, 30 * mib);
    event(writer, "alloc", base, 8 * mib - 100);
    event(writer, "alloc", base + 8 * mib, 5 * mib + 1);
    event(writer, "free_requested", base + 8 * mib, 5 * mib + 1);
    event(writer, "free_completed", base + 8 * mib, 5 * mib + 1);
    event(writer, "segment_free", base + 100 * mib, 30 * mib);
  }));
  EXPECT_EQ(value_of(imported, Metric::allocated), 8 * mib + 5 * mib + 512);
  EXPECT_EQ(value_of(imported, Metric::reserved), 50 * mib);
  EXPECT_EQ(imported.rows.front().counter, "torch snapshot: peak of its trace");
}

TEST(TorchSnapshot, WhatWasThereBeforeTheTraceCounts) {
  const Imported imported = read(snapshot([](PickleWriter& writer) {
    event(writer, "free_requested", base + 9 * mib, mib);  // allocated before the recording began
  }));
  EXPECT_EQ(value_of(imported, Metric::allocated), 9 * mib);
}

TEST(TorchSnapshot, WithoutATraceTheStateIsNamedSo) {
  const Imported imported = read(snapshot([](PickleWriter&) {}));
  EXPECT_EQ(value_of(imported, Metric::allocated), 8 * mib);
  EXPECT_EQ(value_of(imported, Metric::reserved), 20 * mib);
  EXPECT_EQ(imported.rows.front().counter, "torch snapshot: state at the dump");
  EXPECT_TRUE(has_note(imported, "not peaks"));
}

TEST(TorchSnapshot, TheTraceIsThatOfItsDevice) {
  const Imported imported =
      read(snapshot([](PickleWriter& writer) { event(writer, "free_requested", base + 9 * mib, mib); }, 3));
  EXPECT_EQ(value_of(imported, Metric::allocated), 9 * mib);
  EXPECT_EQ(imported.rows.front().devices, 1);
}

TEST(TorchSnapshot, OtherPicklesAreRefused) {
  EXPECT_NE(refusal_of([] { read(PickleWriter{}.op("]").finish()); }).find("has no list 'segments'"),
            std::string::npos);
}

TEST(TorchSnapshot, AbsurdSizesAreNoMemory) {
  const Imported imported = read(snapshot([](PickleWriter& writer) {
    event(writer, "free_requested", base, highest_integer);
    event(writer, "free_requested", base, -5);
    event(writer, "segment_free", lowest_integer, lowest_integer);
  }));
  EXPECT_EQ(value_of(imported, Metric::allocated), 8 * mib);
}

TEST(TorchStatistics, FlatNestedAndSeveralDevicesAreRead) {
  const Imported flat = read(R"({"allocated_bytes.all.peak":123,"reserved_bytes.all.peak":456,"x":1.5})");
  EXPECT_EQ(value_of(flat, Metric::allocated), 123);
  EXPECT_EQ(value_of(flat, Metric::reserved), 456);
  EXPECT_EQ(value_of(read(R"({"allocated_bytes":{"all":{"peak":7,"current":1}}})"), Metric::allocated), 7);
  const Imported both = read(R"([{"allocated_bytes.all.peak":1},{"allocated_bytes.all.peak":2}])");
  EXPECT_EQ(value_of(both, Metric::allocated), 3);
  EXPECT_EQ(both.rows.front().devices, 2);
  EXPECT_EQ(both.rows.size(), 1u) << "reserved is there for neither";
}

TEST(TorchStatistics, OtherJsonIsRefused) {
  for (const char* text :
       {"{}", "[]", "[1]", "{\"allocated_bytes.all.peak\":\"x\"}", "{\"allocated_bytes\":3}", "{"})
    EXPECT_THROW(read(text), InputError) << text;
}

TEST(TorchStatistics, WithoutAModelAndARuntimeThereAreNoRows) {
  const std::string error = refusal_of(
      [] { import_text(LogKind::torch, R"({"allocated_bytes.all.peak":123})", "stats.json", {}); });
  EXPECT_NE(error.find("--model NAME"), std::string::npos) << error;
  EXPECT_NE(error.find("--runtime transformers@VERSION"), std::string::npos) << error;
}

TEST(TorchSummary, TheSameDeviceAgainIsAnotherTime) {
  const std::string once = log_text("torch_summary.txt");
  EXPECT_EQ(read(once + once).rows.size(), 4u);
  std::string second = once;
  second.replace(second.find("device ID 0"), 11, "device ID 1");
  const Imported imported = read(once + second);
  EXPECT_EQ(imported.rows.size(), 2u);
  EXPECT_EQ(value_of(imported, Metric::allocated), 2 * 5673 * mib);
}

}  // namespace
}  // namespace calibram
