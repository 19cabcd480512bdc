// SPDX-License-Identifier: MIT
// Latent attention on the latent vectors themselves, which all heads share.
#include "src/engine/llama_cpp/graph/pass.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>

namespace calibram::llama_cpp {

/// src/models/deepseek2.cpp: the plain part of the queries is brought to the latent space.
Tensor Pass::latent_queries(const LatentAttention& latent, Tensor normed) {
  const std::int64_t tokens = shape_.tokens, heads = latent.heads;
  const std::int64_t width = latent.plain_size + latent.rotary_size;
  if (latent.query_rank > 0) normed = norm(product(normed, latent.query_rank));
  const Tensor projected = product(normed, heads * width);
  const Tensor plain = graph_.view(projected, {latent.plain_size, tokens, heads});
  const Tensor absorbed = graph_.compute({latent.kv_rank, tokens, heads}, {plain});
  const Tensor turned = graph_.view(projected, {latent.rotary_size, heads, tokens});
  const Tensor rotary = graph_.in_place({turned, positions()});
  return graph_.compute({latent.kv_rank + latent.rotary_size, heads, tokens},
                        {graph_.view(absorbed, {latent.kv_rank, heads, tokens}), rotary});
}

Tensor Pass::latent_attention(const LatentAttention& latent, Tensor normed) {
  if (!latent.absorbable)
    throw InputError{
        fmt::format("cannot walk llama.cpp's graph of {}", model_.name),
        "its file was made before llama.cpp worked on latent vectors, and that graph is not known here",
        "use a file with attention.key_length_mla, or ask for weights or kv_cache"};
  const std::int64_t tokens = shape_.tokens;
  const Tensor queries = latent_queries(latent, normed);
  const Tensor compressed = product(normed, latent.kv_rank + latent.rotary_size);
  const Tensor vectors =
      graph_.view(norm(graph_.view(compressed, {latent.kv_rank, tokens})), {latent.kv_rank, 1, tokens});
  const Tensor turned = graph_.view(compressed, {latent.rotary_size, 1, tokens});
  const Tensor keys = graph_.compute({latent.kv_rank + latent.rotary_size, 1, tokens},
                                     {vectors, graph_.in_place({turned, positions()})});
  graph_.expand(queries);
  graph_.expand(vectors);
  graph_.expand(keys);
  if (whole_.key_places == no_tensor) whole_.key_places = graph_.input(Shape{tokens}.as(ElementType::i64));
  graph_.expand(graph_.store({graph_.view(keys, {size(keys, 0), tokens}), whole_.key_places}));
  const Tensor joined = attend_latent(latent, queries);
  graph_.expand(joined);
  return product(joined, model_.hidden_size, latent.bias);
}

Tensor Pass::attend_latent(const LatentAttention& latent, Tensor queries) {
  const std::int64_t tokens = shape_.tokens / shape_.streams, heads = latent.heads, apart = shape_.streams;
  mask(whole_, shape_.cells);
  const Tensor seen = graph_.view(queries, {size(queries, 0), tokens, heads, apart});
  const auto expanded = [&](Tensor sums) {  // from the latent space to each head's values
    const Tensor values = graph_.compute({latent.value_size, tokens, heads, apart}, {sums});
    return graph_.view(values, {latent.value_size, heads, tokens, apart});
  };
  const Shape joined{latent.value_size * heads, shape_.tokens};
  if (shape_.flash) {
    const Tensor keys = narrowed(shape_.key, {size(queries, 0), shape_.cells, 1, apart});
    const Tensor vectors = narrowed(shape_.key, {latent.kv_rank, shape_.cells, 1, apart});
    const Tensor sums =
        graph_.compute({latent.kv_rank, heads, tokens, apart}, {seen, keys, vectors, whole_.mask});
    const Tensor values = expanded(graph_.view(sums, {latent.kv_rank, tokens, heads, apart}));
    return graph_.view(graph_.compute(graph_.shape(values), {values}), joined);
  }
  // The values are the cache's latent vectors, transposed by a copy.
  const Tensor copy = graph_.compute(Shape{shape_.cells, latent.kv_rank, 1, apart}.as(shape_.key), {});
  const Tensor scores =
      graph_.in_place({graph_.compute({shape_.cells, tokens, heads, apart}, {seen}), whole_.mask});
  const Tensor sums = graph_.compute({latent.kv_rank, tokens, heads, apart}, {copy, scores});
  return graph_.compute(joined, {expanded(sums)});
}

}  // namespace calibram::llama_cpp
