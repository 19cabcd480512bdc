// SPDX-License-Identifier: MIT
// The dense models, one per family of structures, and what tests ask about them.
#include "tests/kernels/host/small_models.hpp"
#include "tests/support/layers.hpp"

#include <algorithm>
#include <ostream>

namespace calibram {
namespace {

/// RMSNorm, gated SiLU, and six heads that share two KV heads.
Model llama_like() {
  Model model;
  model.name = model.family = "llama";
  model.hidden_size = 44;
  model.vocabulary = 97;
  model.norm_epsilon = 1e-3;
  model.rope_theta = 100;
  model.max_positions = 32;
  Layer layer;
  attention_in(layer).heads = 6;
  attention_in(layer).kv_heads = 2;
  attention_in(layer).head_size = attention_in(layer).rotary_size = 10;
  mlp_in(layer).width = 53;
  model.layers = {{layer, 3}};
  return model;
}

/// A variant of the above: `change` sees the model and the layer that all its layers are.
template <typename Change>
Model variant(std::string name, std::string family, const Change& change) {
  Model model = llama_like();
  model.name = std::move(name);
  model.family = std::move(family);
  change(model, model.layers.front().layer);
  return model;
}

void set_heads(Attention& attention, std::int64_t heads, std::int64_t kv_heads, std::int64_t head_size) {
  attention.heads = heads;
  attention.kv_heads = kv_heads;
  attention.head_size = attention.rotary_size = head_size;
}

void set_layer_norm(Model& model, Layer& layer) {
  model.norm = Norm::layer;
  model.norm_bias = true;
  attention_in(layer).input_bias = attention_in(layer).output_bias = true;
  mlp_in(layer).gated = false;
  mlp_in(layer).bias = true;
  mlp_in(layer).activation = Activation::gelu;
}

void make_phi_like(Model& model, Layer& layer) {
  set_layer_norm(model, layer);
  set_heads(attention_in(layer), 4, 4, 12);
  attention_in(layer).rotary_size = 4;
  layer.parallel_residual = true;
  layer.norm_before_mlp = false;
  model.head_bias = true;
}

void make_neox_like(Model& model, Layer& layer) {
  set_layer_norm(model, layer);
  set_heads(attention_in(layer), 3, 3, 14);
  layer.parallel_residual = true;
}

/// Two runs of layers, though what tells them apart, the window, is wider than any test's context.
void make_gemma2_like(Model& model, Layer& layer) {
  set_heads(attention_in(layer), 4, 2, 8);
  layer.norm_after_each = true;
  mlp_in(layer).activation = Activation::gelu;
  model.tied_embeddings = true;
  Layer windowed = layer;
  attention_in(windowed).window = 64;
  model.layers = {{windowed, 1}, {layer, 2}};
}

void make_gpt2_like(Model& model, Layer& layer) {
  set_layer_norm(model, layer);
  set_heads(attention_in(layer), 4, 4, 11);
  attention_in(layer).rotary_size = 0;
  model.positions = Positions::learned;
  model.tied_embeddings = true;
}

/// Outputs are normed instead of inputs; all heads are normed together.
void make_olmo2_like(Model&, Layer& layer) {
  set_heads(attention_in(layer), 4, 2, 8);
  attention_in(layer).query_key_norm = QueryKeyNorm::whole;
  layer.norm_before_mixer = layer.norm_before_mlp = false;
  layer.norm_after_each = true;
}

/// Norms without any parameter.
void make_olmo_like(Model& model, Layer& layer) {
  set_heads(attention_in(layer), 3, 3, 10);
  model.norm = Norm::layer;
  model.norm_weight = false;
  model.tied_embeddings = true;
}

/// Every head normed with weights of its own; attention and MLP side by side.
void make_command_r_like(Model& model, Layer& layer) {
  set_heads(attention_in(layer), 4, 2, 8);
  attention_in(layer).query_key_norm = QueryKeyNorm::each_head;
  layer.parallel_residual = true;
  layer.norm_before_mlp = false;
  model.norm = Norm::layer;
}

}  // namespace

std::vector<Model> dense_models() {
  return {
      llama_like(),
      variant("qwen2", "qwen2",
              [](Model& model, Layer& layer) {
                set_heads(attention_in(layer), 4, 2, 8);
                attention_in(layer).input_bias = true;
                model.tied_embeddings = true;
              }),
      variant("mqa", "llama",
              [](Model& model, Layer& layer) {
                set_heads(attention_in(layer), 5, 1, 6);
                model.hidden_size = 31;
                mlp_in(layer).activation = Activation::relu;
              }),
      variant("mha", "llama",
              [](Model&, Layer& layer) {
                set_heads(attention_in(layer), 3, 3, 14);
                attention_in(layer).output_bias = mlp_in(layer).bias = true;
              }),
      variant("qwen3", "qwen3",
              [](Model&, Layer& layer) {
                set_heads(attention_in(layer), 4, 2, 18);
                attention_in(layer).query_key_norm = QueryKeyNorm::per_head;
              }),
      variant("phi", "phi", make_phi_like),
      variant("neox", "gpt_neox", make_neox_like),
      variant("gemma2", "gemma2", make_gemma2_like),
      variant("gpt2", "gpt2", make_gpt2_like),
      variant("olmo2", "olmo2", make_olmo2_like),
      variant("olmo", "olmo", make_olmo_like),
      variant("command_r", "cohere", make_command_r_like),
  };
}

std::vector<Model> small_models() {
  std::vector<Model> models = dense_models();
  for (Model& model : models_of_kinds()) models.push_back(std::move(model));
  return models;
}

std::vector<Model> models_with_growing_caches() {
  std::vector<Model> models;
  for (Model& model : small_models()) {
    const bool grows = std::all_of(model.layers.begin(), model.layers.end(), [](const LayerRun& run) {
      const Attention* attention = attention_of(run.layer);
      return attention && attention->owns_cache;
    });
    if (grows) models.push_back(std::move(model));
  }
  return models;
}

Question question_about(const Model& model, const Workload& workload, const RunFormats& formats,
                        const std::string& runtime, const Options& options) {
  validate(model);
  Question question;
  question.subject = model.name;
  question.model = std::make_shared<const Model>(model);
  question.parameters = static_cast<double>(parameter_count(model));
  question.workload = workload;
  question.runtime = runtime;
  question.options = options;
  question.weights = &weight_format(formats.weights);
  question.kv = &kv_format(formats.kv);
  return question;
}

std::string model_name(const testing::TestParamInfo<Model>& info) { return info.param.name; }

std::string test_name(const testing::TestParamInfo<std::tuple<Model, RunFormats>>& info) {
  const auto& [model, formats] = info.param;
  return model.name + "_weights_" + formats.weights + "_kv_" + formats.kv;
}

void PrintTo(const Model& model, std::ostream* out) { *out << model.name; }
void PrintTo(const RunFormats& formats, std::ostream* out) {
  *out << "weights=" << formats.weights << " kv=" << formats.kv;
}

}  // namespace calibram
