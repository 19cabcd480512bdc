// SPDX-License-Identifier: MIT
// Divides a model's heads, widths and vocabulary among devices.
#include "src/model/shard.hpp"

#include "src/core/bytes.hpp"
#include "src/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

constexpr int most_devices_tried = 64;

/// Something that must divide, in the words of config.json.
std::optional<std::string> indivisible(std::string_view what, std::int64_t value, int devices) {
  if (value % devices == 0) return std::nullopt;
  return fmt::format("its {} = {} does not divide by {}", what, value, devices);
}

std::optional<std::string> first_of(std::initializer_list<std::optional<std::string>> obstacles) {
  for (const auto& obstacle : obstacles)
    if (obstacle) return obstacle;
  return std::nullopt;
}

class Obstacle {
 public:
  Obstacle(int devices, ExpertSplit experts) : devices_{devices}, experts_{experts} {}

  std::optional<std::string> operator()(std::monostate) const { return std::nullopt; }
  std::optional<std::string> operator()(const Linear&) const { return std::nullopt; }
  std::optional<std::string> operator()(const Attention& attention) const {
    if (auto obstacle = indivisible("num_attention_heads", attention.heads, devices_)) return obstacle;
    if (attention.kv_heads % devices_ == 0 || devices_ % attention.kv_heads == 0) return std::nullopt;
    return fmt::format("its num_key_value_heads = {} neither divides by {} nor divides it",
                       attention.kv_heads, devices_);
  }
  std::optional<std::string> operator()(const LatentAttention& latent) const {
    return indivisible("num_attention_heads", latent.heads, devices_);
  }
  std::optional<std::string> operator()(const Mamba& mamba) const {
    return indivisible("mamba intermediate_size", mamba.inner_size, devices_);
  }
  std::optional<std::string> operator()(const Mamba2& mamba) const {
    if (auto obstacle = indivisible("mamba_num_heads", mamba.heads, devices_)) return obstacle;
    if (mamba.groups == 1) return std::nullopt;  // held by all
    return indivisible("n_groups", mamba.groups, devices_);
  }
  std::optional<std::string> operator()(const GatedDeltaNet& net) const {
    return first_of({indivisible("linear_num_key_heads", net.key_heads, devices_),
                     indivisible("linear_num_value_heads", net.value_heads, devices_)});
  }
  std::optional<std::string> operator()(const Mlp& mlp) const {
    return indivisible("intermediate_size", mlp.width, devices_);
  }
  std::optional<std::string> operator()(const Experts& experts) const {
    if (experts.shared)
      if (auto obstacle = indivisible("shared_expert_intermediate_size", experts.shared->width, devices_))
        return obstacle;
    if (experts_ == ExpertSplit::tensor)
      return indivisible("moe_intermediate_size", experts.expert.width, devices_);
    if (experts.count >= devices_) return std::nullopt;
    return fmt::format("it has {} experts for {} devices", experts.count, devices_);
  }

 private:
  int devices_;
  ExpertSplit experts_;
};

/// Divides what Obstacle found to be divisible.
class Divide {
 public:
  Divide(int devices, int rank, ExpertSplit experts) : devices_{devices}, rank_{rank}, experts_{experts} {}

  void operator()(std::monostate) const {}
  void operator()(Linear&) const {}
  void operator()(Attention& attention) const {
    attention.heads /= devices_;
    attention.kv_heads = std::max<std::int64_t>(1, attention.kv_heads / devices_);
  }
  void operator()(LatentAttention& latent) const { latent.heads /= devices_; }
  void operator()(Mamba& mamba) const { mamba.inner_size /= devices_; }
  void operator()(Mamba2& mamba) const {
    mamba.heads /= devices_;
    mamba.groups = std::max<std::int64_t>(1, mamba.groups / devices_);
  }
  void operator()(GatedDeltaNet& net) const {
    net.key_heads /= devices_;
    net.value_heads /= devices_;
  }
  void operator()(Mlp& mlp) const { mlp.width /= devices_; }
  void operator()(Experts& experts) const {
    if (experts.shared) experts.shared->width /= devices_;
    if (experts_ == ExpertSplit::tensor) {
      experts.expert.width /= devices_;
      return;
    }
    // The first ranks take one more (vllm/model_executor/layers/fused_moe/layer.py, determine_expert_map).
    experts.routed = experts.router_outputs();
    experts.count = experts.count / devices_ + (rank_ < experts.count % devices_ ? 1 : 0);
  }

 private:
  int devices_;
  int rank_;
  ExpertSplit experts_;
};

std::string possible_devices(const Model& model, ExpertSplit experts) {
  std::string list;
  for (int devices = 2; devices <= most_devices_tried; ++devices)
    if (!shard_obstacle(model, devices, experts)) list += fmt::format(", {}", devices);
  return list.empty() ? "use one device" : "possible numbers of devices: 1" + list;
}

}  // namespace

std::optional<std::string> shard_obstacle(const Model& model, int devices, ExpertSplit experts) {
  const Obstacle obstacle{devices, experts};
  for (const LayerRun& run : model.layers)
    if (auto found =
            first_of({std::visit(obstacle, run.layer.mixer), std::visit(obstacle, run.layer.feed_forward)}))
      return found;
  return devices == 1 ? std::nullopt
                      : indivisible("vocab_size, padded to 64,",
                                    round_up(model.vocabulary, vocabulary_multiple), devices);
}

Model shard(const Model& model, int devices, int rank, ExpertSplit experts) {
  if (devices < 1 || rank < 0 || rank >= devices)
    throw InputError{fmt::format("no device {} of {}", rank, devices), "", "count them from 0"};
  if (devices == 1) return model;
  if (const auto obstacle = shard_obstacle(model, devices, experts))
    throw InputError{fmt::format("cannot split the tensors of {} over {} devices", model.name, devices),
                     *obstacle, possible_devices(model, experts)};
  Model part = model;
  part.stored = nullptr;
  const Divide divide{devices, rank, experts};
  for (LayerRun& run : part.layers) {
    std::visit(divide, run.layer.mixer);
    std::visit(divide, run.layer.feed_forward);
  }
  const auto padded_share = [&](std::int64_t rows) { return round_up(rows, vocabulary_multiple) / devices; };
  part.vocabulary = padded_share(model.vocabulary);
  part.layer_embedding_vocabulary = padded_share(model.layer_embedding_vocabulary);
  return part;
}

Model layers_of(const Model& model, std::int64_t first, std::int64_t count) {
  Model part = model;
  part.stored = nullptr;
  part.layers.clear();
  std::int64_t begin = 0;
  for (const LayerRun& run : model.layers) {
    const std::int64_t from = std::max(first, begin), to = std::min(first + count, begin + run.count);
    if (from < to) part.layers.push_back({run.layer, to - from});
    begin += run.count;
  }
  return part;
}

}  // namespace calibram
