// SPDX-License-Identifier: MIT
// Runs once what layers beyond dense ones need: experts, latent attention, recurrences, copies.
#include "kernels/host/kind_warm_up.hpp"
#include "kernels/host/host_ops.hpp"
#include "kernels/host/scratch.hpp"
#include "kernels/trial.hpp"

namespace calibram {
namespace {

constexpr StepShape step{.batch = 1, .tokens = 3, .start = 0};

void try_experts(HostOps& ops) {
  Trial trial{ops};
  const Tensor scores = trial.tensor(Element::fp16, 3, 4), bias = trial.tensor(Element::fp16, 1, 4);
  Tensor x = trial.tensor(Element::fp16, 3, line_elements),
         gathered = trial.tensor(Element::fp16, 6, line_elements);
  Routes routes{trial.tensor(Element::int32, 3, 2), trial.tensor(Element::fp32, 3, 2)};
  ops.route(scores, bias, routes);
  ops.gather_rows(x, routes, gathered);
  ops.combine_experts(gathered, routes, x);
}

void try_latent(HostOps& ops) {
  const LatentAttention latent{
      .heads = 1, .kv_rank = 256, .plain_size = 64, .rotary_size = 32, .value_size = 64};
  for (const Element element : {Element::fp32, Element::fp16, Element::int8}) {
    Trial trial{ops};
    const Weight kv_up = trial.weight(element, 128, 256);
    Tensor queries = trial.tensor(Element::fp16, 3, 96), absorbed = trial.tensor(Element::fp16, 3, 288);
    Tensor mixed = trial.tensor(Element::fp16, 3, 256), values = trial.tensor(Element::fp16, 3, 64);
    ops.absorb_queries(latent, queries, kv_up, absorbed);
    ops.expand_values(latent, mixed, kv_up, values);
    ops.copy_columns(queries, 0, 96, mixed, 0);
  }
}

void try_recurrences(HostOps& ops) {
  Trial trial{ops};
  const Mamba mamba{.inner_size = 64, .state_size = 16};
  const Mamba2 mamba2{.heads = 1, .head_size = 32, .groups = 1, .state_size = 16};
  const GatedDeltaNet net{.key_heads = 1, .value_heads = 1, .key_size = 16, .value_size = 32};
  const auto rows = [&](std::int64_t columns) { return trial.tensor(Element::fp16, 3, columns); };
  const auto vector = [&](std::int64_t count) { return trial.tensor(Element::fp16, 1, count); };
  Weight kernel = trial.weight(Element::fp16, 64, 4);
  Tensor last = vector(64 * 3), memory = trial.tensor(Element::fp32, 1, 64 * 16), out = rows(64);
  ops.convolve(rows(64), kernel, vector(64), step, last, out);
  ops.scan(mamba, {rows(64), rows(64), rows(16), rows(16), vector(64 * 16), vector(64)}, step, memory, out);
  Tensor memory2 = trial.tensor(Element::fp32, 1, 32 * 16), heads = rows(32);
  ops.scan(mamba2, {rows(64), rows(1), vector(1), vector(1), vector(1)}, step, memory2, heads);
  ops.scan(net, {rows(64), rows(1), rows(1), vector(1), vector(1)}, step, memory2, heads);
}

void try_copies(HostOps& ops) {
  Trial trial{ops};
  Tensor copies = trial.tensor(Element::fp16, 6, line_elements),
         out = trial.tensor(Element::fp16, 6, line_elements);
  ops.predict_copies(copies, trial.tensor(Element::fp16, 3, 4), out);
  ops.correct_copies(trial.tensor(Element::fp16, 3, line_elements), trial.tensor(Element::fp16, 3, 2), out);
}

}  // namespace

void try_kinds(HostOps& ops) {
  try_experts(ops);
  try_latent(ops);
  try_recurrences(ops);
  try_copies(ops);
}

}  // namespace calibram
