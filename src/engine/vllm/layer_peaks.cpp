// SPDX-License-Identifier: MIT
// The liveness of a layer's tensors between two attentions of vLLM's piecewise compiled models.
//
// vLLM cuts the graph at attention (vllm/compilation/backends.py, split_graph). A piece leads from one
// attention's output over the output projection, the norm, the MLP and the next norm to the next queries,
// keys and values. While it runs, its caller keeps its inputs: attention's output and the residual. PyTorch's
// compiler fuses what is elementwise, frees a buffer behind its last reader, and takes a freed one again only
// where that does not raise the peak (torch/_inductor/codegen/wrapper.py, AllocateLine.should_reuse_buffer).
// Eager layers hold as much: their callers' variables keep arguments alive.
#include "src/engine/vllm/layer_peaks.hpp"

#include "src/engine/vllm/mxfp4_experts.hpp"
#include "src/model/weight_bytes.hpp"

#include <algorithm>

namespace calibram {
namespace {

constexpr std::int64_t workspace_alignment = 256;

/// What mixes the tokens gives this many elements for each of them.
struct MixedWidth {
  std::int64_t operator()(std::monostate) const { return 0; }
  std::int64_t operator()(const Linear&) const { return 0; }
  std::int64_t operator()(const Attention& a) const { return a.heads * a.value_elements(); }
  std::int64_t operator()(const LatentAttention& a) const { return a.heads * a.value_size; }
  std::int64_t operator()(const Mamba& m) const { return m.inner_size; }
  std::int64_t operator()(const Mamba2& m) const { return m.inner_size(); }
  std::int64_t operator()(const GatedDeltaNet& net) const { return net.value_heads * net.value_size; }
};

/// Writes down the tensors of one instant.
class Instant {
 public:
  explicit Instant(const VllmStep& step) : step_{step} {}

  /// A row for each token.
  Instant& rows(std::int64_t width) {
    if (width > 0) buffers_.hold(Term::activation, {step_.tokens, width, step_.element_bytes});
    return *this;
  }
  Instant& bytes(Term term, Bytes size) {
    buffers_.hold(term, size);
    return *this;
  }
  /// What the piece was given and what it has made of it before the MLP: the output of the mixer, the
  /// residual and their sum.
  Instant& residuals(const Layer& layer) {
    const std::int64_t hidden = step_.model.hidden_size;
    rows(std::visit(MixedWidth{}, layer.mixer)).rows(hidden).rows(hidden);
    if (layer.parallel_residual) rows(hidden);  // the norm that both read
    return *this;
  }
  /// An elementwise kernel that runs for the first time is timed in several variants, and between timings a
  /// buffer as large as the second-level cache is overwritten (torch/_inductor/runtime/benchmarking.py,
  /// InductorBenchmarker.benchmark_gpu). The profile run is the first run.
  Instant& timed() {
    if (step_.compiles) buffers_.hold(Term::workspace, Bytes{step_.gpu.l2_bytes});
    return *this;
  }
  const VllmBuffers& buffers() const { return buffers_; }

 private:
  const VllmStep& step_;
  VllmBuffers buffers_;
};

/// From the residual to the queries, keys and values that the next attention reads, and its empty output.
class MixerPeak {
 public:
  MixerPeak(const VllmStep& step, const Layer& layer) : step_{step}, layer_{layer} {}

  VllmBuffers operator()(std::monostate) const { return {}; }
  VllmBuffers operator()(const Linear&) const { return before().rows(step_.model.hidden_size).buffers(); }

  /// The rotation writes queries and keys anew; the values stay where the projection put them.
  VllmBuffers operator()(const Attention& a) const {
    const std::int64_t queries = a.heads * a.head_size, keys = a.kv_heads * a.head_size;
    const std::int64_t values = a.kv_heads * a.value_elements();
    Instant instant = before();
    instant.rows((a.output_gate ? 2 * queries : queries) + keys + values);
    if (a.rotary_size > 0) instant.rows(queries).rows(keys).timed();
    return instant.rows(a.heads * a.value_elements()).buffers();
  }

  /// Where there is no cache yet, attention allocates the keys and values that a chunk of context would be
  /// expanded to (vllm/model_executor/layers/attention/mla_attention.py, forward_impl).
  VllmBuffers operator()(const LatentAttention& a) const {
    const std::int64_t latent = a.kv_rank + a.rotary_size;
    const Bytes context{checked_product(
        {step_.latent_context_tokens, a.heads, a.plain_size + a.value_size, step_.element_bytes})};
    return before()
        .rows(a.heads * (a.plain_size + a.rotary_size))
        .rows(latent + a.query_rank)
        .rows(latent)
        .rows(a.heads * a.value_size)
        .bytes(Term::activation, context)
        .buffers();
  }

  VllmBuffers operator()(const Mamba& m) const {
    return before().rows(2 * m.inner_size).rows(m.inner_size).rows(m.inner_size).buffers();
  }
  VllmBuffers operator()(const Mamba2& m) const {
    return before()
        .rows(m.inner_size() + m.convolved_size() + m.heads)
        .rows(m.convolved_size())
        .rows(m.inner_size())
        .buffers();
  }
  VllmBuffers operator()(const GatedDeltaNet& net) const {
    const std::int64_t values = net.value_heads * net.value_size;
    return before()
        .rows(net.convolved_size() + values)
        .rows(net.convolved_size())
        .rows(2 * net.value_heads)
        .rows(values)
        .buffers();
  }

 private:
  Instant before() const {
    Instant instant{step_};
    instant.residuals(layer_);
    return instant;
  }

  const VllmStep& step_;
  const Layer& layer_;
};

bool runs_mxfp4_in_one_call(const VllmStep& step, const Experts& experts) {
  return has_mxfp4_experts(step.weights) &&
         Mxfp4Experts{experts, step.model.hidden_size, step.gpu}.run_in_one_call();
}

/// The MLP or the experts, beside the residuals.
class FeedForwardPeak {
 public:
  FeedForwardPeak(const VllmStep& step, const Layer& layer) : step_{step}, layer_{layer} {}

  VllmBuffers operator()(std::monostate) const { return {}; }
  VllmBuffers operator()(const Linear&) const { return beside().rows(hidden()).rows(hidden()).buffers(); }

  VllmBuffers operator()(const Mlp& mlp) const {
    const std::int64_t projected = mlp.gated ? 2 * mlp.width : mlp.width;
    if (!step_.compiles) return eager(mlp, projected);
    const VllmBuffers projecting = beside().rows(hidden()).rows(projected).buffers();
    const VllmBuffers narrowing = activated(beside(), mlp).rows(hidden()).buffers();
    // Without a gate the activation is applied in place.
    if (!mlp.gated && !quantises_inputs()) return larger(projecting, narrowing);
    const VllmBuffers activating = activated(beside().rows(projected), mlp).timed().buffers();
    return larger(larger(projecting, narrowing), activating);
  }

  /// The router's logits, weights and choices; the shared expert's output; then the experts' output, beside
  /// which the shared workspace is used, and of FP8 experts the quantised inputs of both products.
  VllmBuffers operator()(const Experts& experts) const {
    const auto routed = [&] {
      Instant instant = beside();
      instant.rows(hidden()).rows(experts.router_outputs());
      return instant.bytes(Term::activation, Bytes{checked_product({step_.tokens, experts.active, 4 + 4})});
    };
    VllmBuffers shared;
    Instant mixing = routed();
    if (experts.shared) {
      const std::int64_t width = experts.shared->width;
      shared = routed().rows(experts.shared->gated ? 2 * width : width).rows(width).rows(hidden()).buffers();
      mixing.rows(hidden());
    }
    mixing.rows(hidden());
    if (runs_mxfp4_in_one_call(step_, experts)) hold_products(experts, mixing);
    if (is_fp8())
      mixing.bytes(Term::activation, Bytes{checked_product({step_.tokens, hidden()})})
          .bytes(Term::activation,
                 Bytes{checked_product({step_.tokens, experts.active, experts.expert.width})});
    return larger(shared, mixing.buffers());
  }

 private:
  std::int64_t hidden() const { return step_.model.hidden_size; }
  bool is_fp8() const { return step_.weights.name.starts_with("fp8"); }
  /// FP8 products take FP8 inputs, one scale for each token or tensor. The compiler fuses what rounds them
  /// into the kernel that activates; scales of blocks of inputs have a kernel of their own behind it
  /// (vllm/config/ vllm.py, has_blocked_weights).
  bool quantises_inputs() const { return is_fp8() && !step_.weights.name.starts_with("fp8-block"); }

  Instant beside() const {
    Instant instant{step_};
    instant.residuals(layer_);
    return instant;
  }
  /// What the one call holds beside its output: the activated first product, and of the second product a row
  /// for each expert of each token, which are then added up (fused_moe/gpt_oss_triton_kernels_moe.py,
  /// triton_kernel_fused_experts; triton_kernels/matmul_ogs.py, init_allocation).
  void hold_products(const Experts& experts, Instant& instant) const {
    const PaddedExpert padded = Mxfp4Experts{experts, hidden(), step_.gpu}.padded();
    instant.rows(checked_product({experts.active, padded.width}))
        .rows(checked_product({experts.active, padded.hidden}));
  }
  /// What the second product of the MLP reads.
  Instant activated(Instant instant, const Mlp& mlp) const {
    if (!quantises_inputs()) return instant.rows(mlp.width);
    return instant.bytes(Term::activation, Bytes{checked_product({step_.tokens, mlp.width})});
  }
  /// The MLP's caller and its own variables still name what was read: the residual, to which
  /// fused_add_rms_norm adds in place, the normed hidden states, and the inputs of both products.
  VllmBuffers eager(const Mlp& mlp, std::int64_t projected) const {
    Instant instant{step_};
    instant.rows(hidden()).rows(hidden()).rows(projected).rows(mlp.width).rows(hidden());
    if (is_fp8()) instant.bytes(Term::activation, Bytes{checked_product({step_.tokens, mlp.width})});
    return instant.buffers();
  }

  const VllmStep& step_;
  const Layer& layer_;
};

}  // namespace

VllmBuffers vllm_layer_peak(const VllmStep& step, const Layer& layer) {
  return larger(std::visit(MixerPeak{step, layer}, layer.mixer),
                std::visit(FeedForwardPeak{step, layer}, layer.feed_forward));
}

Bytes vllm_expert_workspace(const VllmStep& step, const Layer& layer) {
  const auto* experts = std::get_if<Experts>(&layer.feed_forward);
  if (!experts || runs_mxfp4_in_one_call(step, *experts)) return {};
  PaddedExpert sizes{step.model.hidden_size, experts->expert.width};
  if (has_mxfp4_experts(step.weights)) sizes = Mxfp4Experts{*experts, sizes.hidden, step.gpu}.padded();
  const auto [hidden, width] = sizes;
  const std::int64_t projected = experts->expert.gated ? 2 * width : width;
  const auto aligned = [&](std::int64_t rows, std::int64_t columns) {
    return Bytes{round_up(checked_product({rows, columns, step.element_bytes}), workspace_alignment)};
  };
  const std::int64_t routed = checked_product({step.tokens, experts->active});
  return aligned(routed, std::max(width, hidden)) + aligned(routed, std::max(projected, hidden));
}

}  // namespace calibram
