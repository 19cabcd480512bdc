// SPDX-License-Identifier: MIT
// Runs a decoder on the host and takes notes.
#include "tests/kernels/host/host_run.hpp"

#include <algorithm>
#include <random>

namespace calibram {
namespace {

/// Weights that are all alike: those of norms, which start as ones. Others are random.
bool is_even(const Tensor& tensor) {
  const Doubles values = read(tensor);
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 1; });
}

void make_uneven(const Tensor& tensor, std::mt19937& generator) {
  std::uniform_real_distribution<double> uniform{0.5, 1.5};
  Doubles values = read(tensor);
  for (double& value : values) value *= uniform(generator);
  write(tensor, values);
}

void make_uneven(const WeightSet& weights, std::mt19937& generator) {
  for (std::size_t i = 0; i < weight_name_count; ++i) {
    const Weight& weight = weights[static_cast<WeightName>(i)];
    if (is_even(weight.values)) make_uneven(weight.values, generator);
    make_uneven(weight.scales, generator);
  }
}

}  // namespace

ScriptedOps::ScriptedOps(const ExecutionOptions& options, std::int64_t batch, std::vector<Tokens> script)
    : HostOps{options}, script_{std::move(script)}, sequences_(static_cast<std::size_t>(batch)) {
  script_.resize(sequences_.size());
}

void ScriptedOps::fill_tokens(Tensor& tokens, std::int64_t vocabulary, std::uint64_t seed) {
  HostOps::fill_tokens(tokens, vocabulary, seed);
  note(tokens);
}

void ScriptedOps::sample(const Tensor& logits, Tensor& tokens) {
  HostOps::sample(logits, tokens);
  note(tokens);
}

void ScriptedOps::route(const Tensor& scores, const Tensor& bias, Routes& routes) {
  HostOps::route(scores, bias, routes);
  const auto* place = static_cast<const std::int32_t*>(routes.places.data);
  std::vector<Tokens> rows(static_cast<std::size_t>(routes.places.rows));
  for (Tokens& chosen : rows)
    for (std::int64_t j = 0; j < routes.places.columns; ++j, ++place) {
      const auto next = std::upper_bound(routes.starts.begin(), routes.starts.end(), *place);
      chosen.push_back(static_cast<std::int32_t>(next - routes.starts.begin()) - 1);
    }
  routed_.push_back(std::move(rows));
}

void ScriptedOps::note(const Tensor& tokens) {
  auto* token = static_cast<std::int32_t*>(tokens.data);
  const std::size_t each = static_cast<std::size_t>(tokens.rows) / sequences_.size();
  for (std::size_t s = 0; s < sequences_.size(); ++s)
    for (std::size_t i = 0; i < each; ++i, ++token) {
      const std::size_t place = sequences_[s].size();
      if (place < script_[s].size()) *token = script_[s][place];
      sequences_[s].push_back(*token);
    }
}

HostRun::HostRun(const Question& question, std::vector<Tokens> script)
    : question_{question},
      runtime_{resolve_runtime(question.runtime, question.options, "llama")},
      ops_{{.poisoned = true}, question.workload.batch, std::move(script)},
      decoder_{question_, runtime_, ops_} {
  decoder_.load();
  std::mt19937 generator;
  make_uneven(decoder_.outer_weights(), generator);
  for (std::int64_t layer = 0; layer < layer_count(*question_.model); ++layer)
    make_uneven(decoder_.layer_state(layer).weights, generator);
  decoder_.reserve();
}

std::vector<Tokens> HostRun::sequences() const {
  std::vector<Tokens> cached = ops_.sequences();
  for (Tokens& sequence : cached) sequence.resize(static_cast<std::size_t>(decoder_.position()));
  return cached;
}

Choices HostRun::choices(std::size_t sequence) const {
  std::int64_t mixtures = 0;
  for (const LayerRun& run : question_.model->layers)
    if (std::holds_alternative<Experts>(run.layer.feed_forward)) mixtures += run.count;
  Choices choices(static_cast<std::size_t>(mixtures));
  std::size_t call = 0;  // every step calls once for each mixture, in their order
  for (const std::vector<Tokens>& rows : ops_.routed()) {
    const std::size_t each = rows.size() / static_cast<std::size_t>(question_.workload.batch);
    std::vector<Tokens>& chosen = choices[call++ % choices.size()];
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(sequence * each);
    chosen.insert(chosen.end(), first, first + static_cast<std::ptrdiff_t>(each));
  }
  return choices;
}

Tokens HostRun::next_tokens() const {
  Tokens next;
  for (const Tokens& sequence : ops_.sequences()) next.push_back(sequence.back());
  return next;
}

Doubles HostRun::last_logits() const {
  const Tensor& logits = decoder_.logits();
  const Doubles all = read(logits);
  const std::int64_t each = logits.rows / question_.workload.batch;
  Doubles last;
  for (std::int64_t row = each - 1; row < logits.rows; row += each) {
    const auto first = all.begin() + row * logits.columns;
    last.insert(last.end(), first, first + logits.columns);
  }
  return last;
}

}  // namespace calibram
