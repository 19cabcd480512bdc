// SPDX-License-Identifier: MIT
// The part of a model that one of several devices holds.
#pragma once

#include "src/model/model.hpp"

#include <optional>
#include <string>

namespace calibram {

/// Whether every device has a slice of each expert, or some of the experts whole.
enum class ExpertSplit : unsigned char { tensor, expert };

/// The vocabulary of a model whose table is padded before it is split.
inline constexpr std::int64_t vocabulary_multiple = 64;

/// Why the model cannot be split over so many devices; nothing where it can.
std::optional<std::string> shard_obstacle(const Model& model, int devices,
                                          ExpertSplit experts = ExpertSplit::tensor);

/// What device `rank` of `devices` holds of a model that is split across its matrices (Megatron-LM,
/// arXiv:1909.08053, as vLLM does it: vllm/model_executor/layers/linear.py, vocab_parallel_embedding.py,
/// mamba/mamba_mixer2.py): heads, MLP widths, experts and state-space channels are divided; KV heads too, and
/// where there are fewer of them than devices, every device holds one; the vocabulary is padded to 64, then
/// divided; norms, routers, projections into latent vectors and learned positions are held by all.
/// One device holds the model as it is.
/// @throws InputError where it does not divide, with the numbers of devices that would
Model shard(const Model& model, int devices, int rank, ExpertSplit experts = ExpertSplit::tensor);

/// The model's layers from `first` on, `count` of them, with everything outside the layers.
Model layers_of(const Model& model, std::int64_t first, std::int64_t count);

}  // namespace calibram
