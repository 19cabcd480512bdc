// SPDX-License-Identifier: MIT
// What a forward pass spends its time on: matrix products, streamed attention, and one whole decode step.
#include "bench/micro/benchmark_card.hpp"
#include "kernels/cuda/cuda_check.hpp"
#include "src/engine/count.hpp"
#include "src/engine/decoder/decoder.hpp"
#include "src/engine/measurement.hpp"

#include <fmt/format.h>

namespace calibram {
namespace {

/// Random numbers of variance 1 / columns: zeros would let a card run cooler, and so faster, than real ones.
void fill_randomly(CudaOps& ops, Tensor& tensor) {
  Weight weight{tensor, {}, tensor.rows, tensor.columns};
  ops.fill_weight(weight, 1);
}

constexpr std::int64_t side = 4096;
constexpr double operations_of_product = 2.0 * side * side * side;

void product_fp16(BenchmarkCard& card, benchmark::State& state) {
  ScopedTensor x{card.ops(), Element::fp16, side, side}, values{card.ops(), Element::fp16, side, side},
      out{card.ops(), Element::fp16, side, side};
  fill_randomly(card.ops(), *x);
  fill_randomly(card.ops(), *values);
  const Weight weight{*values, {}, side, side};
  for (auto _ : state) card.time(state, [&] { card.ops().matmul(*x, weight, {}, *out); });
  card.report_operations(state, operations_of_product);
}

void product_int8(BenchmarkCard& card, benchmark::State& state) {
  ScopedTensor x{card.ops(), Element::int8, side, side}, values{card.ops(), Element::int8, side, side},
      scales{card.ops(), Element::fp32, side, 1}, out{card.ops(), Element::int32, side, side};
  Weight weight{*values, *scales, side, side}, input{*x, *scales, side, side};
  card.ops().fill_weight(input, 1);
  card.ops().fill_weight(weight, 2);
  for (auto _ : state) card.time(state, [&] { card.ops().matmul_int8(*x, weight, *out); });
  card.report_operations(state, operations_of_product);
}

/// A prompt of one sequence, with the heads of Llama 3 8B.
void attention(BenchmarkCard& card, benchmark::State& state, std::int64_t tokens) {
  Attention shape;
  shape.heads = 32;
  shape.kv_heads = 8;
  shape.head_size = 128;
  const std::int64_t width = shape.heads * shape.head_size, kv_width = shape.kv_heads * shape.head_size;
  ScopedTensor queries{card.ops(), Element::fp16, tokens, width},
      out{card.ops(), Element::fp16, tokens, width}, keys{card.ops(), Element::fp16, tokens, kv_width},
      values{card.ops(), Element::fp16, tokens, kv_width};
  for (ScopedTensor* tensor : {&queries, &keys, &values}) fill_randomly(card.ops(), **tensor);
  KvCache cache;
  cache.keys = *keys;
  cache.values = *values;
  cache.capacity = tokens;
  const StepShape step{1, tokens, 0};
  for (auto _ : state) card.time(state, [&] { card.ops().attend(shape, *queries, cache, {}, step, *out); });
  // A query sees the positions up to its own; a pair costs two products of a head's length.
  const double pairs = static_cast<double>(tokens) * static_cast<double>(tokens + 1) / 2;
  card.report_operations(state, 4 * pairs * static_cast<double>(width));
}

/// Frees a decoder's tensors whatever happens.
struct Finish {
  Decoder& decoder;
  ~Finish() {
    try {
      decoder.finish();
    } catch (const Error&) {  // a card that failed is what ended the benchmark
    }
  }
};

constexpr std::int64_t decode_steps = 200;

/// Reading the weights is what a decode step of one sequence takes its time for.
void decode(BenchmarkCard& card, benchmark::State& state, const char* weights) {
  Measurement row;
  row.model = "llama-3.2-1b";
  row.weights = weights;
  row.kv = "fp16";
  row.workload = {1, 128, decode_steps + 2, {}};
  const Question question = question_of(row);
  const Runtime runtime = runtime_of(question);
  Decoder decoder{question, runtime, card.ops()};
  const Finish finish{decoder};
  decoder.load();
  const Bytes read = card.ops().memory().requested().live.total();
  decoder.reserve();
  decoder.prefill();
  decoder.decode();
  for (auto _ : state) card.time(state, [&] { decoder.decode(); });
  card.report_bytes(state, read);
}

}  // namespace

void add_compute_benchmarks(BenchmarkCard& card) {
  add_benchmark("product_fp16/4096", [&card](auto& state) { product_fp16(card, state); })->UseManualTime();
  add_benchmark("product_int8/4096", [&card](auto& state) { product_int8(card, state); })->UseManualTime();
  for (const std::int64_t tokens : {4096, 32768})
    add_benchmark(fmt::format("attention/{}", tokens), [&card, tokens](auto& state) {
      attention(card, state, tokens);
    })->UseManualTime();
  for (const char* weights : {"fp16", "int8"})
    add_benchmark(fmt::format("decode_1b/{}", weights),
                  [&card, weights](auto& state) { decode(card, state, weights); })
        ->UseManualTime()
        ->Iterations(decode_steps);
}

}  // namespace calibram
