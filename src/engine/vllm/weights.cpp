// SPDX-License-Identifier: MIT
// Lists the tensors that vLLM makes of a model's weights.
#include "src/engine/vllm/weights.hpp"

#include "src/engine/vllm/mxfp4_experts.hpp"
#include "src/model/parts.hpp"
#include "src/model/weight_bytes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace calibram {
namespace {

/// The projection whose tensor the weight is part of: QKVParallelLinear, MergedColumnParallelLinear,
/// FusedMoE's w13 (vllm/model_executor/layers/linear.py, fused_moe/layer.py), DeepSeek's fused_qkv_a_proj.
WeightName tensor_of(WeightName name) {
  using enum WeightName;
  switch (name) {
    case key:
    case value:
      return query;
    case key_bias:
    case value_bias:
      return query_bias;
    case kv_down:
      return query_down;
    case kv_down_bias:
      return query_down_bias;
    case up:
      return gate;
    case up_bias:
      return gate_bias;
    case expert_up:
      return expert_gate;
    case expert_up_bias:
      return expert_gate_bias;
    default:
      return name;
  }
}

/// Tensors of one layer, or of none: the sizes that the parts of a merged tensor add up to.
class TensorSizes {
 public:
  explicit TensorSizes(const Format& format) : format_{format} {}

  void add(const WeightShape& shape) {
    const WeightName tensor = tensor_of(shape.name);
    if (!quantises(format_, shape)) {
      sizes_[{tensor, ""}] += weight_bytes(format_, shape);
      return;
    }
    for (const MatrixPart& part : matrix_parts(format_, shape.rows, shape.columns))
      sizes_[{tensor, part.name}] += shape.count * part.bytes;
  }

  VllmBlocks blocks() const {
    VllmBlocks sum;
    for (const auto& [name, size] : sizes_) sum.add(size);
    return sum;
  }

 private:
  const Format& format_;
  std::map<std::pair<WeightName, std::string_view>, Bytes> sizes_;
};

bool is_embedding(WeightName name) {
  return name == WeightName::embedding || name == WeightName::position_embedding ||
         name == WeightName::layer_embedding;
}

/// Tied embeddings stand on the last stage too, as its head (llama.py and others: PPMissingLayer).
bool holds(const VllmStage& stage, WeightName name) {
  if (name == WeightName::embedding && stage.model.tied_embeddings) return stage.is_first || stage.is_last;
  return is_embedding(name) ? stage.is_first : stage.is_last;
}

VllmBlocks outer_blocks(const VllmStage& stage, const Format& format) {
  TensorSizes sizes{format};
  for (const WeightShape& shape : outer_weights(stage.model))
    if (holds(stage, shape.name)) sizes.add(shape);
  return sizes.blocks();
}

/// The two matrices that latent attention multiplies its queries and results with are views of kv_up where
/// that is plain; where it is quantised, a plain copy of it is kept
/// (MLAAttention.process_weights_after_loading).
Bytes plain_copy(const Layer& layer, const WeightShapes& shapes, const Format& format) {
  if (!std::holds_alternative<LatentAttention>(layer.mixer)) return {};
  for (const WeightShape& shape : shapes)
    if (shape.name == WeightName::kv_up && !plain_width(format) && quantises(format, shape))
      return Bytes{checked_product({shape.rows, shape.columns, activation_bytes(format)})};
  return {};
}

VllmBlocks layer_blocks(const Model& model, const Layer& layer, const Format& format, const Chip& gpu) {
  const auto* experts = std::get_if<Experts>(&layer.feed_forward);
  const bool is_mxfp4 = experts && has_mxfp4_experts(format);
  TensorSizes sizes{format};
  const WeightShapes shapes = layer_weights(model, layer);
  for (const WeightShape& shape : shapes)
    if (!is_mxfp4 || part_of(shape.name) != Part::experts) sizes.add(shape);
  VllmBlocks sum = sizes.blocks();
  sum.add(plain_copy(layer, shapes, format));
  if (is_mxfp4) sum += Mxfp4Experts{*experts, model.hidden_size, gpu}.blocks();
  return sum;
}

/// What tells rotary tables apart: layers with the same parameters share one (get_rope's dictionary).
struct RotaryTable {
  std::int64_t head_size, rotary_size;
  bool is_local;

  auto operator<=>(const RotaryTable&) const = default;
};

/// Gemma 3 and 3n turn windowed layers by angles of their own (rope_local_base_freq).
bool has_local_angles(const Model& model) { return model.family.starts_with("gemma3"); }

/// Of one element: as wide as activations, but FP32 for gpt-oss (vllm/model_executor/models/gpt_oss.py).
std::int64_t rotary_bytes(const Model& model, const Format& format) {
  return model.family == "gpt_oss" ? 4 : activation_bytes(format);
}

/// One row of cosines and sines for every position.
/// Source: vllm/model_executor/layers/rotary_embedding/base.py
VllmBlocks rotary_blocks(const Model& model, const Format& format) {
  std::set<RotaryTable> tables;
  for (const LayerRun& run : model.layers) {
    if (const Attention* attention = attention_of(run.layer); attention && attention->rotary_size > 0)
      tables.insert({attention->head_size, attention->rotary_size,
                     attention->window.has_value() && has_local_angles(model)});
    if (const auto* latent = std::get_if<LatentAttention>(&run.layer.mixer))
      tables.insert({latent->rotary_size, latent->rotary_size, false});
  }
  VllmBlocks sum;
  for (const RotaryTable& table : tables)
    sum.add(Bytes{checked_product({model.max_positions, table.rotary_size, rotary_bytes(model, format)})});
  return sum;
}

/// vLLM asks every backend that knows latent attention whether it fits (vllm/platforms/cuda.py,
/// get_valid_backends). That loads FlashInfer's, which takes a workspace at once, used or not
/// (vllm/v1/attention/backends/mla/flashinfer_mla.py, g_fi_workspace).
constexpr Bytes flashinfer_mla_workspace{128 << 20};

bool has_latent_attention(const Model& model) {
  return std::any_of(model.layers.begin(), model.layers.end(), [](const LayerRun& run) {
    return std::holds_alternative<LatentAttention>(run.layer.mixer);
  });
}

}  // namespace

VllmBlocks vllm_weight_blocks(const VllmStage& stage, const Format& format, const Chip& gpu) {
  VllmBlocks sum = outer_blocks(stage, format);
  sum += rotary_blocks(stage.model, format);
  if (has_latent_attention(stage.model)) sum.add(flashinfer_mla_workspace);
  for (const LayerRun& run : stage.model.layers)
    sum += run.count * layer_blocks(stage.model, run.layer, format, gpu);
  return sum;
}

}  // namespace calibram
