// SPDX-License-Identifier: MIT
// The reference's attention: every score is written out, every mask is a condition.
#include "tests/kernels/host/reference_pass.hpp"

#include <cmath>

namespace calibram {
namespace {

bool sees(const Attention& attention, std::size_t from, std::size_t to) {
  if (to > from) return false;
  if (attention.window && from - to >= index(*attention.window)) return false;
  return !attention.chunk || from / index(*attention.chunk) == to / index(*attention.chunk);
}

/// A query head and the KV head that it shares.
struct Head {
  std::size_t query, kv;
};

/// Softmax over what is seen, and over the sink, whose share is lost.
Doubles shares_of(const Attention& attention, Head head, const Doubles& query, const Rows& keys,
                  std::size_t position, const Doubles& sinks) {
  const std::size_t size = index(attention.head_size);
  Doubles shares(keys.size());
  double sum = sinks.empty() ? 0 : std::exp(sinks[head.query]);
  for (std::size_t p = 0; p < keys.size(); ++p) {
    if (!sees(attention, position, p)) continue;
    double score = 0;
    for (std::size_t i = 0; i < size; ++i)
      score += query[head.query * size + i] * keys[p][head.kv * size + i];
    shares[p] = std::exp(score / std::sqrt(static_cast<double>(size)));
    sum += shares[p];
  }
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace

Rows ReferencePass::mix(const Attention& attention, const Place& place, const Rows& x,
                        Sequence& sequence) const {
  using enum WeightName;
  const WeightSet& weights = place.weights;
  const std::int64_t width = attention.heads * attention.head_size;
  const auto turned = [&](Rows rows, WeightName norm) {
    return rotated(with_normed_heads(attention, std::move(rows), weights[norm]), attention.head_size,
                   attention.rotary_size);
  };
  if (attention.owns_cache) {
    KeysAndValues& own = sequence.kept[place.number];
    own.keys = turned(linear(x, weights[key], weights[key_bias]), key_norm);
    own.values = linear(x, weights[value], weights[value_bias]);
    if (quantises_cache_) {
      pass_through_int8(own.keys, index(attention.head_size));
      pass_through_int8(own.values, index(attention.value_elements()));
    }
  }
  const Rows queries = turned(linear(x, weights[query], weights[query_bias], {0, width}), query_norm);
  Rows mixed =
      attend(attention, queries, kept_by_owner(attention, place, sequence), values(weights[sinks].values));
  if (attention.output_gate) {
    const Rows gate = linear(x, weights[query], weights[query_bias], {width, width});
    mixed = product(std::move(mixed), activated(Activation::sigmoid, gate));
  }
  return linear(mixed, weights[output], weights[output_bias]);
}

/// The layer's own keys and values, or those of the last layer before it with its own that sees as far.
const ReferencePass::KeysAndValues& ReferencePass::kept_by_owner(const Attention& attention,
                                                                 const Place& place,
                                                                 const Sequence& sequence) const {
  std::size_t owner = place.number;
  const auto owns = [&] {
    const Attention* other = attention_of(places_[owner].layer);
    return other && other->owns_cache && other->window == attention.window && other->chunk == attention.chunk;
  };
  while (!owns()) --owner;
  return sequence.kept[owner];
}

Rows ReferencePass::with_normed_heads(const Attention& attention, Rows x, const Weight& weight) const {
  if (attention.query_key_norm == QueryKeyNorm::none) return x;
  const bool whole = attention.query_key_norm == QueryKeyNorm::whole;
  const std::size_t size = whole ? x.front().size() : index(attention.head_size);
  return stored(normed_parts(Norm::rms, model_.norm_epsilon, std::move(x), size, values(weight.values)));
}

Rows ReferencePass::attend(const Attention& attention, const Rows& queries, const KeysAndValues& seen,
                           const Doubles& sinks) const {
  const std::size_t heads = index(attention.heads), size = index(attention.value_elements());
  Rows mixed(queries.size(), Doubles(heads * size));
  for (std::size_t t = 0; t < queries.size(); ++t)
    for (std::size_t h = 0; h < heads; ++h) {
      const Head head{h, h / (heads / index(attention.kv_heads))};
      const Doubles shares = shares_of(attention, head, queries[t], seen.keys, t, sinks);
      for (std::size_t p = 0; p < shares.size(); ++p)
        for (std::size_t i = 0; i < size; ++i)
          mixed[t][h * size + i] += shares[p] * seen.values[p][head.kv * size + i];
    }
  return stored(std::move(mixed));
}

/// As DeepSeek-V2 (arXiv:2405.04434) trains it: every head has keys and values of its own.
Rows ReferencePass::mix(const LatentAttention& latent, const Place& place, const Rows& x, Sequence&) const {
  using enum WeightName;
  Attention attention;
  attention.heads = attention.kv_heads = latent.heads;
  attention.head_size = latent.rotary_size + latent.plain_size;
  attention.value_size = latent.value_size;
  const Rows queries = rotated(latent_queries(latent, place, x), attention.head_size, latent.rotary_size);
  const KeysAndValues seen = expanded(latent, latent_cache(latent, place, x), place.weights[kv_up]);
  return linear(attend(attention, queries, seen, {}), place.weights[output], place.weights[output_bias]);
}

Rows ReferencePass::latent_queries(const LatentAttention& latent, const Place& place, const Rows& x) const {
  using enum WeightName;
  const WeightSet& weights = place.weights;
  if (latent.query_rank == 0) return linear(x, weights[query], {});
  const Rows projected = linear(x, weights[query_down], weights[query_down_bias]);
  return linear(root_mean_square_normed(projected, weights[query_down_norm]), weights[query_up], {});
}

/// The rotated part that all heads share, then the normed latent vector, as a cache keeps them.
Rows ReferencePass::latent_cache(const LatentAttention& latent, const Place& place, const Rows& x) const {
  using enum WeightName;
  const WeightSet& weights = place.weights;
  const Rows projected = linear(x, weights[kv_down], weights[kv_down_bias]);
  Rows cached = rotated(columns(projected, 0, latent.rotary_size), latent.rotary_size, latent.rotary_size);
  const Rows vectors =
      root_mean_square_normed(columns(projected, latent.rotary_size, latent.kv_rank), weights[kv_down_norm]);
  for (std::size_t t = 0; t < cached.size(); ++t)
    cached[t].insert(cached[t].end(), vectors[t].begin(), vectors[t].end());
  if (quantises_cache_) pass_through_int8(cached, cached.front().size());
  return cached;
}

ReferencePass::KeysAndValues ReferencePass::expanded(const LatentAttention& latent, const Rows& cached,
                                                     const Weight& kv_up) const {
  const Doubles &factors = values(kv_up.values), &scales = values(kv_up.scales);
  const std::size_t stride = index(kv_up.values.columns), rotary = index(latent.rotary_size);
  const auto projected = [&](const Doubles& row, std::int64_t output) {
    double sum = 0;
    for (std::size_t i = 0; i < index(latent.kv_rank); ++i)
      sum += row[rotary + i] * factors[index(output) * stride + i];
    return scales.empty() ? sum : sum * scales[index(output)];
  };
  KeysAndValues seen;
  for (const Doubles& row : cached) {
    Doubles keys, mixed_in;
    for (std::int64_t head = 0; head < latent.heads; ++head) {
      const std::int64_t first = head * (latent.plain_size + latent.value_size);
      keys.insert(keys.end(), row.begin(), row.begin() + latent.rotary_size);
      for (std::int64_t i = 0; i < latent.plain_size; ++i) keys.push_back(projected(row, first + i));
      for (std::int64_t i = 0; i < latent.value_size; ++i)
        mixed_in.push_back(projected(row, first + latent.plain_size + i));
    }
    seen.keys.push_back(std::move(keys));
    seen.values.push_back(std::move(mixed_in));
  }
  return seen;
}

}  // namespace calibram
