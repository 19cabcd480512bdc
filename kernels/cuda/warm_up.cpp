// SPDX-License-Identifier: MIT
// Runs every kernel once, for every format, alignment and size that has a kernel of its own. The driver loads
// a kernel when it is first started (CUDA_MODULE_LOADING=LAZY), and would charge it to what is measured then.
#include "kernels/cuda/cuda_check.hpp"
#include "kernels/cuda/cuda_ops.hpp"
#include "kernels/kind_warm_up.hpp"
#include "kernels/trial.hpp"

namespace calibram {
namespace {

constexpr Element floats[] = {Element::fp16, Element::fp32};

/// cuBLAS has other kernels for one row, for few and for many, and where sides are multiples of 8; for INT8
/// outputs that are no multiple of 4 the kernel is ours.
void try_products(Ops& ops, Element element, std::int64_t rows, std::int64_t outputs, std::int64_t depth) {
  Trial trial{ops};
  const Weight weight = trial.weight(element, outputs, depth),
               integers = trial.weight(Element::int8, outputs, depth);
  const Tensor x = trial.tensor(element, rows, depth), bias = trial.tensor(element, 1, outputs), none;
  Tensor out = trial.tensor(element, rows, outputs), sums = trial.tensor(Element::int32, rows, outputs);
  Tensor values = trial.tensor(Element::int8, rows, depth), scales = trial.tensor(Element::fp32, rows, 1);
  ops.matmul(x, weight, none, out);
  ops.matmul(x, weight, bias, out);
  ops.quantise(x, values, scales);
  ops.matmul_int8(values, integers, sums);
  ops.dequantise(sums, scales, integers, bias, out);
}

struct AttentionTrial {
  Element element, cached;
  std::int64_t head_size, block_tokens;
  StepShape step;
};

Attention attention_of(const AttentionTrial& tried) {
  Attention attention;
  attention.heads = 2;
  attention.kv_heads = 1;
  attention.head_size = attention.rotary_size = tried.head_size;
  return attention;
}

/// There are kernels for many queries and for few, by the size of heads, and for a context that is long
/// enough to be cut into parts.
void try_attention(Ops& ops, const AttentionTrial& tried) {
  Trial trial{ops};
  const Attention attention = attention_of(tried);
  const std::int64_t rows = tried.step.rows();
  Tensor queries = trial.tensor(tried.element, rows, 2 * tried.head_size);
  Tensor out = trial.tensor(tried.element, rows, 2 * tried.head_size);
  const Tensor keys = trial.tensor(tried.element, rows, tried.head_size);
  KvCache cache = trial.cache(tried.cached, attention, tried.step, tried.block_tokens);
  ops.rotate(queries, 2, attention, 10000, tried.step);
  ops.append(keys, keys, tried.step, cache);
  ops.attend(attention, queries, cache, {}, tried.step, out);
}

void try_eager_attention(Ops& ops, const AttentionTrial& tried) {
  Trial trial{ops};
  const Attention attention = attention_of(tried);
  const StepShape& step = tried.step;
  const Tensor queries = trial.tensor(tried.element, step.rows(), 2 * tried.head_size);
  Tensor out = trial.tensor(tried.element, step.rows(), 2 * tried.head_size);
  Tensor scores = trial.tensor(tried.element, 2 * step.rows(), step.length());
  Tensor wide = trial.tensor(Element::fp32, 2 * step.rows(), step.length());
  const KvCache cache = trial.cache(tried.cached, attention, step, tried.block_tokens);
  ops.score(attention, queries, cache, step, scores);
  ops.softmax(scores, {}, step, wide);
  ops.softmax(scores, {}, step, scores);
  ops.mix(attention, scores, cache, step, out);
  if (tried.block_tokens > 0) return;  // only contiguous caches grow
  KvCache copy = trial.cache(tried.cached, attention, step);
  ops.copy_cache(cache, step.length(), copy);
  if (tried.cached == Element::int8) return;
  Tensor expanded = trial.tensor(tried.cached, cache.keys.rows, 2 * tried.head_size);
  ops.expand_heads(attention, cache.keys, expanded);
}

/// What is left of a pass, over rows of `width` elements.
void try_the_rest(Ops& ops, Element element, std::int64_t width) {
  Trial trial{ops};
  const StepShape step{.batch = 1, .tokens = 2, .start = 0};
  const Tensor none, positions = trial.tensor(element, 2, width);
  Tensor tokens = trial.tensor(Element::int32, 2, 1), token = trial.tensor(Element::int32, 1, 1);
  Tensor ones = trial.tensor(element, 1, width);
  Tensor x = trial.tensor(element, 2, width), last = trial.tensor(element, 1, width);
  ops.fill_tokens(tokens, 2, 1);
  ops.fill_ones(ones);
  for (const Element of_table : {element, Element::int8}) {
    const Weight table = trial.weight(of_table, 2, width);
    ops.holds_weight(table, 1);
    ops.embed(table, none, tokens, step, x);
    ops.embed(table, positions, tokens, step, x);
  }
  ops.norm(Norm::rms, 1e-5, x, ones, none, x);
  ops.norm(Norm::layer, 1e-5, x, ones, ones, x);
  for (const Activation kind : activations) ops.activate(kind, x, x);
  ops.multiply(x, x, x);
  ops.multiply(x, ones, x);
  ops.add(x, x, x);
  ops.copy_columns(ones, 0, width, last, 0);
  ops.last_rows(x, step, last);
  ops.sample(last, token);
  for (const Element result : floats) {
    Tensor converted = trial.tensor(result, 2, width);
    ops.convert(x, converted);
  }
}

}  // namespace

void CudaOps::warm_up() {
  // No tensor is beyond 64 KiB, so that all of a trial share a page or two.
  constexpr std::int64_t odd = 33, even = 128, long_context = 1000;
  for (const Element element : floats) {
    for (const std::int64_t rows : {1, 16, 128})
      for (const std::int64_t side : {odd, even}) try_products(*this, element, rows, side, side);
    for (const Element cached : {element, Element::int8}) {
      for (const std::int64_t head_size : {34, 64, 128, 256})
        try_attention(*this, {element, cached, head_size, 0, {1, 16, 16}});
      try_attention(*this, {element, cached, 16, 8, {1, 1, long_context}});
      try_attention(*this, {element, cached, 16, 8, {1, 1, 16}});
      for (const std::int64_t head_size : {34, 64})
        try_eager_attention(*this, {element, cached, head_size, 0, {1, 2, 16}});
      try_eager_attention(*this, {element, cached, 64, 8, {1, 1, 16}});
    }
    for (const std::int64_t width : {odd, even}) try_the_rest(*this, element, width);
  }
  warm_up_kinds(*this);
  cuda_check(cudaStreamSynchronize(stream_), "wait for the warm-up");
  memory_.reset_peaks();
}

}  // namespace calibram
