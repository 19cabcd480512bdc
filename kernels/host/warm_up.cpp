// SPDX-License-Identifier: MIT
// Runs every kernel once, so that later runs touch no new memory but their tensors.
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"
#include "kernels/kind_warm_up.hpp"
#include "kernels/trial.hpp"

#include <malloc.h>

namespace calibram {
namespace {

constexpr int keep_in_heap_bytes = 32 << 20;  // the largest threshold that glibc takes

void try_products(HostOps& ops, std::int64_t rows, std::int64_t outputs, std::int64_t depth) {
  Trial trial{ops};
  const Weight weight = trial.weight(Element::fp16, outputs, depth);
  const Weight integers = trial.weight(Element::int8, outputs, depth);
  const Tensor x = trial.tensor(Element::fp16, rows, depth), bias = trial.tensor(Element::fp16, 1, outputs);
  Tensor out = trial.tensor(Element::fp16, rows, outputs), sums = trial.tensor(Element::int32, rows, outputs);
  Tensor values = trial.tensor(Element::int8, rows, depth), scales = trial.tensor(Element::fp32, rows, 1);
  ops.matmul(x, weight, bias, out);
  ops.quantise(x, values, scales);
  ops.matmul_int8(values, integers, sums);
  ops.dequantise(sums, scales, integers, bias, out);
}

void try_attention(HostOps& ops, Element element, std::int64_t head_size, StepShape step) {
  Trial trial{ops};
  Attention attention;
  attention.heads = 2;
  attention.kv_heads = 1;
  attention.head_size = attention.rotary_size = head_size;
  Tensor queries = trial.tensor(Element::fp16, step.rows(), 2 * head_size);
  Tensor out = trial.tensor(Element::fp16, step.rows(), 2 * head_size);
  const Tensor keys = trial.tensor(Element::fp16, step.rows(), head_size);
  Tensor scores = trial.tensor(Element::fp16, 2 * step.rows(), step.length());
  Tensor probabilities = trial.tensor(Element::fp32, 2 * step.rows(), step.length());
  KvCache cache = trial.cache(element, attention, step), copy = trial.cache(element, attention, step);
  ops.rotate(queries, 2, attention, 10000, step);
  ops.append(keys, keys, step, cache);
  ops.copy_cache(cache, step.length(), copy);
  ops.attend(attention, queries, copy, {}, step, out);
  ops.score(attention, queries, copy, step, scores);
  ops.softmax(scores, {}, step, probabilities);
  ops.mix(attention, probabilities, copy, step, out);
}

void try_the_rest(HostOps& ops) {
  Trial trial{ops};
  const StepShape step{.batch = 1, .tokens = 2, .start = 0};
  const Tensor none;
  Tensor tokens = trial.tensor(Element::int32, 1, 2), token = trial.tensor(Element::int32, 1, 1);
  Tensor ones = trial.tensor(Element::fp16, 1, line_elements);
  Tensor x = trial.tensor(Element::fp16, 2, line_elements),
         copy = trial.tensor(Element::fp16, 2, line_elements),
         last = trial.tensor(Element::fp32, 1, line_elements);
  ops.fill_tokens(tokens, 2, 1);
  ops.fill_ones(ones);
  for (const Element element : {Element::fp32, Element::fp16, Element::int8})
    ops.embed(trial.weight(element, 2, line_elements), none, tokens, step, x);
  ops.norm(Norm::rms, 1e-5, x, ones, none, x);
  ops.norm(Norm::layer, 1e-5, x, ones, ones, x);
  for (const Activation kind : activations) ops.activate(kind, x, x);
  ops.multiply(x, x, x);
  ops.add(x, x, x);
  ops.copy_columns(x, 0, line_elements, copy, 0);
  ops.last_rows(x, step, last);
  ops.convert(ones, last);
  ops.sample(last, token);
}

}  // namespace

void HostOps::warm_up() {
  mallopt(M_MMAP_THRESHOLD, keep_in_heap_bytes);
  mallopt(M_TRIM_THRESHOLD, keep_in_heap_bytes);
  // Eigen packs small products on the stack and large ones in the heap; one row takes another path.
  for (const std::int64_t rows : {std::int64_t{1}, std::int64_t{8}, tile_rows / 2, tile_rows})
    for (const std::int64_t depth : {std::int64_t{64}, tile_depth})
      try_products(*this, rows, tile_columns, depth);
  for (const Element element : {Element::fp32, Element::fp16, Element::int8})
    for (const std::int64_t head_size : {std::int64_t{64}, std::int64_t{128}, tile_depth})
      for (const std::int64_t tokens : {std::int64_t{1}, tile_rows})
        try_attention(*this, element, head_size, {.batch = 1, .tokens = tokens, .start = tile_columns});
  try_the_rest(*this);
  warm_up_kinds(*this);
  memory_.reset_peak();
}

}  // namespace calibram
