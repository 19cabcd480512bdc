// SPDX-License-Identifier: MIT
// Small models of the kinds of layers that dense decoders lack, after published families.
#include "tests/kernels/host/small_models.hpp"
#include "tests/support/layers.hpp"

namespace calibram {
namespace {

Mlp plain_mlp(std::int64_t width, Activation activation) {
  return {.width = width, .gated = false, .activation = activation};
}

Attention attention_with(std::int64_t heads, std::int64_t kv_heads, std::int64_t head_size) {
  Attention attention;
  attention.heads = heads;
  attention.kv_heads = kv_heads;
  attention.head_size = attention.rotary_size = head_size;
  return attention;
}

/// Shared by the models below; sizes as odd as those of the dense ones.
Model model_of(std::string name, std::vector<LayerRun> layers) {
  Model model;
  model.name = model.family = std::move(name);
  model.hidden_size = 37;
  model.vocabulary = 89;
  model.norm_epsilon = 1e-3;
  model.rope_theta = 100;
  model.max_positions = 32;
  model.layers = std::move(layers);
  return model;
}

Layer layer_of(Mixer mixer, FeedForward feed_forward = Mlp{.width = 43}) {
  Layer layer;
  layer.mixer = std::move(mixer);
  layer.feed_forward = std::move(feed_forward);
  return layer;
}

/// DeepSeek-V2-Lite: queries are projected directly.
Model latent_model() {
  const LatentAttention attention{
      .heads = 3, .kv_rank = 19, .plain_size = 9, .rotary_size = 6, .value_size = 7};
  return model_of("latent", {{layer_of(attention), 2}});
}

/// DeepSeek-V3: a latent vector of the queries, a dense layer before the experts, and a shared expert.
Model deepseek_like() {
  const LatentAttention attention{.heads = 2,
                                  .query_rank = 13,
                                  .kv_rank = 11,
                                  .plain_size = 5,
                                  .rotary_size = 4,
                                  .value_size = 9,
                                  .bias = true};
  const Experts experts{
      .count = 5, .active = 2, .expert = {.width = 15}, .router_bias = true, .shared = Mlp{.width = 21}};
  return model_of("deepseek", {{layer_of(attention), 1}, {layer_of(attention, experts), 2}});
}

Model mixtral_like() {
  const Experts experts{.count = 6, .active = 3, .expert = {.width = 17}};
  return model_of("mixtral", {{layer_of(attention_with(4, 2, 10), experts), 2}});
}

/// Sinks; windows in every other layer; experts with biases.
Model gpt_oss_like() {
  Attention attention = attention_with(4, 2, 8);
  attention.sinks = attention.input_bias = attention.output_bias = true;
  const Experts experts{.count = 4, .active = 2, .expert = {.width = 23, .bias = true}, .router_bias = true};
  Layer full = layer_of(attention, experts), windowed = full;
  attention_in(windowed).window = 4;
  return model_of("gpt_oss", {{windowed, 1}, {full, 1}, {windowed, 1}});
}

/// Experts that are not gated, and one token goes to one of them; a shared one that is weighed.
Model plain_experts_model() {
  const Experts experts{.count = 3,
                        .active = 1,
                        .expert = plain_mlp(29, Activation::relu_squared),
                        .shared = plain_mlp(13, Activation::gelu),
                        .shared_gate = true};
  return model_of("plain_experts", {{layer_of(attention_with(3, 1, 12), experts), 2}});
}

/// Mamba alone, without a feed-forward part.
Model mamba_model() {
  const Mamba mamba{
      .inner_size = 26, .state_size = 5, .kernel_size = 4, .step_rank = 3, .projection_bias = true};
  return model_of("mamba", {{layer_of(mamba, std::monostate{}), 3}});
}

/// Mamba with norms, attention without rotation, and experts in some layers.
Model jamba_like() {
  const Mamba mamba{.inner_size = 22,
                    .state_size = 6,
                    .kernel_size = 3,
                    .step_rank = 5,
                    .convolution_bias = false,
                    .norms = true};
  const Experts experts{.count = 4, .active = 2, .expert = {.width = 19}};
  Attention attention = attention_with(4, 2, 6);
  attention.rotary_size = 0;
  return model_of("jamba",
                  {{layer_of(mamba), 1}, {layer_of(attention, experts), 1}, {layer_of(mamba, experts), 1}});
}

/// A layer is one part: Mamba 2, an MLP or attention.
Model nemotron_h_like() {
  const Mamba2 mamba{
      .heads = 6, .head_size = 5, .groups = 2, .state_size = 7, .kernel_size = 4, .projection_bias = true};
  Layer recurrent = layer_of(mamba, std::monostate{}),
        attending = layer_of(attention_with(4, 1, 8), std::monostate{}),
        feeding = layer_of(std::monostate{}, plain_mlp(41, Activation::relu_squared));
  recurrent.norm_before_mlp = attending.norm_before_mlp = feeding.norm_before_mixer = false;
  return model_of("nemotron_h", {{recurrent, 1}, {feeding, 1}, {attending, 1}, {recurrent, 2}, {feeding, 1}});
}

/// Gated DeltaNets, and attention with a gate, normed heads and partial rotation.
Model qwen3_next_like() {
  const GatedDeltaNet net{.key_heads = 2, .value_heads = 4, .key_size = 6, .value_size = 5, .kernel_size = 1};
  const Experts experts{
      .count = 5, .active = 2, .expert = {.width = 11}, .shared = Mlp{.width = 9}, .shared_gate = true};
  Attention attention = attention_with(4, 2, 10);
  attention.rotary_size = 4;
  attention.query_key_norm = QueryKeyNorm::per_head;
  attention.output_gate = true;
  return model_of("qwen3_next", {{layer_of(net, experts), 2}, {layer_of(attention, experts), 1}});
}

/// Chunks with rotation and heads normed without weight, then a layer that sees everything and rotates
/// nothing.
Model llama4_like() {
  Attention chunked = attention_with(6, 2, 8), full = chunked;
  chunked.chunk = 5;
  chunked.query_key_norm = QueryKeyNorm::unweighted;
  full.rotary_size = 0;
  const Experts experts{.count = 4, .active = 1, .expert = {.width = 25}, .shared = Mlp{.width = 25}};
  return model_of("llama4", {{layer_of(chunked), 1}, {layer_of(chunked, experts), 1}, {layer_of(full), 1}});
}

/// Values shorter than keys, then longer, under a window.
Model value_sizes_model() {
  Attention narrow = attention_with(4, 2, 10), wide = attention_with(3, 1, 6);
  narrow.value_size = 7;
  wide.value_size = 13;
  wide.window = 3;
  return model_of("value_sizes", {{layer_of(narrow), 1}, {layer_of(wide), 2}});
}

/// A searched architecture: matrices in the place of attention or MLP, layers that lack a part, and KV heads
/// that differ.
Model searched_model() {
  return model_of("searched", {{layer_of(attention_with(4, 2, 8)), 1},
                               {layer_of(Linear{.bias = true}), 1},
                               {layer_of(attention_with(4, 1, 8), Linear{}), 1},
                               {layer_of(std::monostate{}), 1},
                               {layer_of(Linear{}, Linear{.bias = true}), 1}});
}

/// Layers that see a window, with a cache or without, or everything.
struct SharingLayers {
  Layer windowed, reading, full;
};

SharingLayers sharing_layers() {
  Attention attention = attention_with(4, 2, 8);
  attention.query_key_norm = QueryKeyNorm::per_head;
  Layer layer = layer_of(attention, Mlp{.width = 43, .activation = Activation::gelu});
  layer.norm_after_each = true;
  SharingLayers layers{layer, layer, layer};
  attention_in(layers.windowed).window = attention_in(layers.reading).window = 3;
  attention_in(layers.reading).owns_cache = false;
  return layers;
}

/// The cache that the last layer reads is that of the second: the last one before it that sees as far.
Model sharing_model() {
  const SharingLayers layers = sharing_layers();
  return model_of("sharing", {{layers.windowed, 2}, {layers.full, 1}, {layers.reading, 1}});
}

/// Alternating updates, in two layers only: each makes what was rounded before it several times as large.
Model gemma3n_like() {
  std::vector<LayerRun> layers;
  const SharingLayers sharing = sharing_layers();
  for (const Layer& layer : {sharing.windowed, sharing.reading}) layers.push_back({layer, 1});
  for (LayerRun& run : layers)
    run.layer.alternating_updates =
        AlternatingUpdates{.copies = 3, .laurel_rank = 5, .layer_embedding_size = 7};
  Model model = model_of("gemma3n", std::move(layers));
  model.layer_embedding_vocabulary = 53;
  model.tied_embeddings = true;
  return model;
}

}  // namespace

std::vector<Model> models_of_kinds() {
  return {latent_model(),      deepseek_like(),  mixtral_like(),    gpt_oss_like(),    plain_experts_model(),
          mamba_model(),       jamba_like(),     nemotron_h_like(), qwen3_next_like(), llama4_like(),
          value_sizes_model(), searched_model(), sharing_model(),   gemma3n_like()};
}

}  // namespace calibram
