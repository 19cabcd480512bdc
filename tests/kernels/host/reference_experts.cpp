// SPDX-License-Identifier: MIT
// The reference's feed-forward parts: an MLP, one matrix, or experts that every token looks for.
#include "tests/kernels/host/reference_pass.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace calibram {
namespace {

using enum WeightName;

Doubles softmax(Doubles x) {
  double sum = 0;
  for (double& value : x) sum += value = std::exp(value);
  for (double& value : x) value /= sum;
  return x;
}

/// The lowest of the chosen scores less the greatest of the others; negative where a better one was left out.
double lead(const Doubles& scores, const Tokens& chosen) {
  double lowest = INFINITY, greatest = -INFINITY;
  for (std::size_t e = 0; e < scores.size(); ++e) {
    const bool is_chosen =
        std::find(chosen.begin(), chosen.end(), static_cast<std::int32_t>(e)) != chosen.end();
    if (is_chosen)
      lowest = std::min(lowest, scores[e]);
    else
      greatest = std::max(greatest, scores[e]);
  }
  return lowest - greatest;
}

/// `count` different experts that there are.
bool is_choice(Tokens chosen, std::size_t experts, std::size_t count) {
  std::sort(chosen.begin(), chosen.end());
  return chosen.size() == count && std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end() &&
         chosen.front() >= 0 && index(chosen.back()) < experts;
}

}  // namespace

Rows ReferencePass::feed(const Linear&, const Place& place, const Rows& x, Sequence&) const {
  return linear(x, place.weights[mlp_linear], place.weights[mlp_linear_bias]);
}

Rows ReferencePass::feed(const Mlp& dense, const Place& place, const Rows& x, Sequence&) const {
  return mlp(dense, {gate, gate_bias, up, up_bias, down, down_bias}, place.weights, x);
}

Rows ReferencePass::mlp(const Mlp& mlp, const MlpWeights& names, const WeightSet& weights,
                        const Rows& x) const {
  const IndexRange inner{names.place * mlp.width, mlp.width},
      outer{names.place * model_.hidden_size, model_.hidden_size};
  const Rows ups = linear(x, weights[names.up], weights[names.up_bias], inner);
  Rows wide;
  if (mlp.gated)
    wide = product(activated(mlp.activation, linear(x, weights[names.gate], weights[names.gate_bias], inner)),
                   ups);
  else
    wide = activated(mlp.activation, ups);
  return linear(wide, weights[names.down], weights[names.down_bias], outer);
}

Rows ReferencePass::feed(const Experts& experts, const Place& place, const Rows& x,
                         Sequence& sequence) const {
  const WeightSet& weights = place.weights;
  const Doubles& biases = values(weights[router_bias].values);
  const std::vector<Tokens>& choices = sequence.choices.at(sequence.mixtures++);
  Rows out = linear(x, weights[router], {});
  for (std::size_t t = 0; t < x.size(); ++t) {
    Doubles scores = std::exchange(out[t], Doubles(index(model_.hidden_size)));
    for (std::size_t e = 0; e < biases.size(); ++e) scores[e] += biases[e];
    const Tokens chosen = choose(scores, index(experts.active), choices.at(t));
    Doubles shares;
    for (const std::int32_t expert : chosen) shares.push_back(scores[index(expert)]);
    shares = softmax(std::move(shares));
    for (std::size_t j = 0; j < chosen.size(); ++j) {
      const MlpWeights names{expert_gate, expert_gate_bias, expert_up, expert_up_bias,
                             expert_down, expert_down_bias, chosen[j]};
      const Rows computed = mlp(experts.expert, names, weights, {x[t]});
      for (std::size_t i = 0; i < out[t].size(); ++i) out[t][i] += shares[j] * computed[0][i];
    }
  }
  out = stored(std::move(out));
  if (!experts.shared) return out;
  Rows shared = feed(*experts.shared, place, x, sequence);
  if (experts.shared_gate)
    shared = product(std::move(shared), activated(Activation::sigmoid, linear(x, weights[shared_gate], {})));
  return sum(std::move(out), shared);
}

/// The experts of the largest scores, or those that the pass preferred for a difference of rounding.
Tokens ReferencePass::choose(const Doubles& scores, std::size_t count, const Tokens& chosen_by_pass) const {
  Tokens ranked(scores.size());
  std::iota(ranked.begin(), ranked.end(), 0);
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](std::int32_t a, std::int32_t b) { return scores[index(a)] > scores[index(b)]; });
  ranked.resize(count);
  double greatest = 0;
  for (const double score : scores) greatest = std::max(greatest, std::abs(score));
  // Both of two scores may be wrong.
  if (is_choice(chosen_by_pass, scores.size(), count) &&
      lead(scores, chosen_by_pass) >= -2 * tolerance_ * greatest)
    return chosen_by_pass;
  ADD_FAILURE() << "of the scores " << testing::PrintToString(scores) << " the pass chose "
                << testing::PrintToString(chosen_by_pass);
  return ranked;
}

}  // namespace calibram
