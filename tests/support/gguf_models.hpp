// SPDX-License-Identifier: MIT
// Writes GGUF headers of whole models, layer by layer, and describes what was written.
#pragma once

#include "src/core/printable.hpp"
#include "src/model/gguf/model.hpp"
#include "tests/support/headers.hpp"
#include "tests/support/model_files.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace calibram {

/// Keys are written without the architecture's name, tensors of a layer without "blk.N.". Vectors are F32,
/// everything else is F16.
class GgufModelWriter {
 public:
  using Dimensions = std::vector<std::int64_t>;  ///< innermost first, as in the file

  GgufModelWriter(std::string architecture, std::uint32_t layers, std::int64_t hidden,
                  std::int64_t vocabulary)
      : architecture_{std::move(architecture)}, layers_{layers}, hidden_{hidden} {
    writer_.text("general.architecture", architecture_);
    key("block_count", layers).key("embedding_length", static_cast<std::uint32_t>(hidden));
    key("context_length", 4096).key("vocab_size", static_cast<std::uint32_t>(vocabulary));
    tensor("token_embd.weight", {hidden, vocabulary});
  }

  GgufModelWriter& key(std::string_view name, std::uint32_t value) {
    writer_.number(full(name), GgufType::u32, value);
    return *this;
  }
  GgufModelWriter& real(std::string_view name, float value) {
    writer_.number(full(name), GgufType::f32, value);
    return *this;
  }
  GgufModelWriter& flag(std::string_view name, bool value) {
    writer_.number(full(name), GgufType::boolean, std::uint8_t{value});
    return *this;
  }
  GgufModelWriter& list(std::string_view name, const std::vector<std::uint32_t>& values) {
    writer_.array(full(name), GgufType::u32, values);
    return *this;
  }
  GgufModelWriter& rms() { return real("attention.layer_norm_rms_epsilon", 1e-6F).ends(); }
  GgufModelWriter& layer_norm(bool has_bias = true) {
    real("attention.layer_norm_epsilon", 1e-5F).ends();
    return has_bias ? tensor("output_norm.bias", {hidden_}) : *this;
  }
  GgufModelWriter& tokens(std::size_t count) {
    writer_.texts("tokenizer.ggml.tokens", std::vector<std::string>(count, "token"));
    return *this;
  }
  GgufModelWriter& heads(std::uint32_t heads, std::uint32_t kv_heads) {
    return key("attention.head_count", heads).key("attention.head_count_kv", kv_heads);
  }
  GgufModelWriter& head_size(std::uint32_t size) {
    return key("attention.key_length", size).key("attention.value_length", size);
  }

  GgufModelWriter& tensor(std::string_view name, const Dimensions& dimensions) {
    writer_.tensor(name, dimensions, dimensions.size() == 1 ? 0 : 1);
    return *this;
  }
  GgufModelWriter& part(std::int64_t layer, std::string_view name, const Dimensions& dimensions) {
    return tensor(fmt::format("blk.{}.{}", layer, name), dimensions);
  }
  /// Vectors of the hidden size.
  GgufModelWriter& norms(std::int64_t layer, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) part(layer, name, {hidden_});
    return *this;
  }
  GgufModelWriter& attention(std::int64_t layer, std::int64_t query_width, std::int64_t kv_width) {
    return part(layer, "attn_q.weight", {hidden_, query_width})
        .part(layer, "attn_k.weight", {hidden_, kv_width})
        .part(layer, "attn_v.weight", {hidden_, kv_width})
        .part(layer, "attn_output.weight", {query_width, hidden_});
  }
  GgufModelWriter& mlp(std::int64_t layer, std::int64_t width) {
    return part(layer, "ffn_gate.weight", {hidden_, width}).plain_mlp(layer, width);
  }
  GgufModelWriter& plain_mlp(std::int64_t layer, std::int64_t width) {
    return part(layer, "ffn_up.weight", {hidden_, width}).part(layer, "ffn_down.weight", {width, hidden_});
  }
  GgufModelWriter& experts(std::int64_t layer, std::int64_t count, std::int64_t width) {
    return part(layer, "ffn_gate_inp.weight", {hidden_, count})
        .part(layer, "ffn_gate_exps.weight", {hidden_, width, count})
        .part(layer, "ffn_up_exps.weight", {hidden_, width, count})
        .part(layer, "ffn_down_exps.weight", {width, hidden_, count});
  }
  GgufModelWriter& shared_expert(std::int64_t layer, std::int64_t width) {
    return part(layer, "ffn_gate_shexp.weight", {hidden_, width})
        .part(layer, "ffn_up_shexp.weight", {hidden_, width})
        .part(layer, "ffn_down_shexp.weight", {width, hidden_});
  }
  /// Calls `write` with each layer's number.
  template <class Write>
  GgufModelWriter& each_layer(Write write) {
    for (std::uint32_t layer = 0; layer < layers_; ++layer) write(*this, std::int64_t{layer});
    return *this;
  }

  std::string header() const { return writer_.header(); }
  Gguf read() const {
    const std::string header = this->header();
    return parse_gguf(header, static_cast<std::int64_t>(header.size()) + writer_.data_bytes());
  }
  Model describe() const { return model_of(read(), "x"); }

 private:
  std::string full(std::string_view name) const { return architecture_ + "." + std::string{name}; }
  GgufModelWriter& ends() { return tensor("output_norm.weight", {hidden_}); }

  GgufWriter writer_;
  std::string architecture_;
  std::uint32_t layers_;
  std::int64_t hidden_;
};

/// The keys of a dense model in miniature: 4 heads of 16 elements, 2 KV heads.
inline GgufModelWriter small_gguf(const std::string& architecture, std::uint32_t layers = 2) {
  GgufModelWriter writer{architecture, layers, 64, 100};
  return writer.rms().heads(4, 2).key("feed_forward_length", 96);
}

/// The same with its layers.
inline GgufModelWriter dense_gguf(const std::string& architecture, std::uint32_t layers = 2) {
  GgufModelWriter writer = small_gguf(architecture, layers);
  return writer.each_layer([](GgufModelWriter& w, std::int64_t i) {
    w.norms(i, {"attn_norm.weight", "ffn_norm.weight"}).attention(i, 64, 32).mlp(i, 96);
  });
}

/// A layer of latent attention as it was written before llama.cpp worked on latent vectors: 4 heads with keys
/// of 24 elements and values of 16.
inline GgufModelWriter old_deepseek_gguf() {
  GgufModelWriter writer = small_gguf("deepseek2", 1).key("attention.kv_lora_rank", 32);
  writer.key("attention.key_length", 24).key("attention.value_length", 16).key("rope.dimension_count", 8);
  writer.norms(0, {"attn_norm.weight", "ffn_norm.weight"}).mlp(0, 96).part(0, "attn_q.weight", {64, 96});
  writer.part(0, "attn_kv_a_mqa.weight", {64, 40}).part(0, "attn_kv_a_norm.weight", {32});
  return writer.part(0, "attn_kv_b.weight", {32, 128}).part(0, "attn_output.weight", {64, 64});
}

}  // namespace calibram
