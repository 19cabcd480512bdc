// SPDX-License-Identifier: MIT
// What a decoder pass asks of the machine: tensors, and the operations on them.
#pragma once

#include "src/core/bytes.hpp"
#include "src/engine/term.hpp"
#include "src/model/model.hpp"

#include <boost/container/static_vector.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace calibram {

/// What a tensor's elements are. `raw8` is a packed weight format that is only counted, never executed.
enum class Element : unsigned char { fp32, fp16, int8, int32, raw8 };

constexpr std::int64_t element_bytes(Element element) {
  constexpr std::int64_t widths[] = {4, 2, 1, 4, 1};
  return widths[static_cast<int>(element)];
}

/// Neighbouring layers, rows or outputs.
struct IndexRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// A dense row-major matrix. `data` is null when a backend only counts. A handle, not an owner: the
/// backend that allocated it frees it.
struct Tensor {
  void* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  Element element = Element::fp16;
  Term term = Term::activation;
  unsigned char device = 0;

  bool empty() const noexcept { return rows == 0; }
  Bytes bytes() const { return Bytes{rows} * columns * element_bytes(element); }

  /// The same elements seen as `new_rows` rows.
  Tensor reshaped(std::int64_t new_rows) const {
    Tensor view = *this;
    view.columns = rows * columns / new_rows;
    view.rows = new_rows;
    return view;
  }

  /// Some of the rows, as a tensor; of an empty tensor nothing.
  Tensor row_range(IndexRange range) const {
    if (empty()) return {};
    Tensor view = *this;
    view.rows = range.count;
    if (data != nullptr)
      view.data = static_cast<unsigned char*>(data) + range.first * columns * element_bytes(element);
    return view;
  }
};

/// A weight matrix of `rows` outputs x `columns` inputs. INT8: one FP32 scale per output channel, and
/// `columns` padded to a multiple of 16.
/// Experts: `count` such matrices, one below the other.
struct Weight {
  Tensor values;
  Tensor scales;  ///< empty unless the values are quantised
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
  std::int64_t count = 1;
  /// The other tensors of a packed format, whose values are raw: they are counted, never computed with.
  boost::container::static_vector<Tensor, most_format_parts - 1> packed = {};

  /// The matrix of some outputs alone. Packed formats keep their shape only.
  Weight output_range(IndexRange range) const {
    return {values.row_range(range), scales.row_range(range), range.count, inputs};
  }
};

/// Where a mixture of experts sends the rows of a step. The rows of one expert lie together.
struct Routes {
  Tensor
      places;  ///< INT32 [rows, active]: the rows among those of all experts that a row of the step goes to
  Tensor shares;  ///< FP32 [rows, active]: what each expert's output is multiplied with
  /// Each expert's first row, and the number of rows in the end; empty where nothing is computed.
  std::vector<std::int64_t> starts = {};
};

/// What a state space or linear attention remembers of every sequence, whatever its length.
struct RecurrentState {
  Tensor
      last_inputs;  ///< of the convolution: [batch, channels * (kernel size - 1)], by channel, oldest first
  Tensor memory;    ///< FP32 [batch, state elements]
};

/// What the recurrence of a Mamba layer reads; n is its state size. Every number may be FP16 or FP32.
struct MambaInputs {
  Tensor x = {};          ///< [rows, inner size]: what was convolved
  Tensor steps = {};      ///< [rows, inner size]: time steps before softplus
  Tensor to_state = {};   ///< B: [rows, n]
  Tensor to_output = {};  ///< C: [rows, n]
  Tensor decay = {};      ///< log(-A): [inner size, n]
  Tensor skip = {};       ///< D: [inner size]
};

/// What the recurrence of a Mamba 2 layer reads.
struct Mamba2Inputs {
  Tensor convolved = {};  ///< [rows, convolved size]: x of all heads, then B and C of all groups
  Tensor steps = {};      ///< [rows, heads]: time steps before bias and softplus
  Tensor step_bias = {};  ///< [heads]
  Tensor decay = {};      ///< log(-A): [heads]
  Tensor skip = {};       ///< D: [heads]
};

/// What the recurrence of a Gated DeltaNet reads.
struct DeltaInputs {
  Tensor convolved = {};  ///< [rows, convolved size]: queries, keys and values of all heads
  Tensor writes = {};     ///< [rows, value heads]: how much of the difference is written, before the sigmoid
  Tensor steps = {};      ///< [rows, value heads]: how much is forgotten, before bias and softplus
  Tensor step_bias = {};  ///< [value heads]
  Tensor decay = {};      ///< log(-A): [value heads]
};

/// Keys and values of one layer. Rows are positions; columns are kv_heads times a head's elements. Without
/// values, a head's values are the last elements of its keys (latent attention). Contiguous: sequence
/// s, position p is row s * capacity + p. Paged: row blocks[s, p / block_tokens] * block_tokens + p %
/// block_tokens. INT8: FP32 scales, one per position and KV head.
struct KvCache {
  Tensor keys, values;
  Tensor key_scales, value_scales;  ///< empty unless the cache is quantised
  std::int64_t capacity = 0;        ///< positions allocated per sequence; of a paged cache, whole blocks
  Tensor blocks{};                ///< INT32 [batch, capacity / block_tokens]; empty unless the cache is paged
  std::int64_t block_tokens = 0;  ///< 0 unless the cache is paged
};

/// Where the tokens of a step stand: `tokens` new positions for each of `batch` sequences, the first at
/// `start`.
struct StepShape {
  std::int64_t batch = 1;
  std::int64_t tokens = 1;
  std::int64_t start = 0;

  std::int64_t rows() const { return checked_product({batch, tokens}); }
  std::int64_t length() const {
    return checked_sum(start, tokens);
  }  ///< positions of a sequence after the step
};

/// The machine behind a decoder pass. Row-major tensors; `rows` of activations are batch-major
/// (sequence s, token t is row s * tokens + t). Implementations execute (HostOps) or count
/// (CountingOps); operations that compute do nothing in the latter.
class Ops {
 public:
  virtual ~Ops() = default;

  // Memory.
  virtual Tensor allocate(Term term, Element element, std::int64_t rows, std::int64_t columns) = 0;
  /// Frees the tensor and empties the handle; an empty handle is left alone.
  virtual void release(Tensor& tensor) = 0;
  /// Tensors are allocated on this device from now on.
  virtual void use_device(int) {}
  /// Calls `body` with the index of every layer of the range, or with those of as few as stand for all
  /// (see CountingOps); then state is kept for `layer_slots` layers only, the first of the range.
  virtual void for_each_layer(IndexRange range, const std::function<void(std::int64_t)>& body) = 0;
  virtual std::int64_t layer_slots(IndexRange range) const { return range.count; }
  /// Whether a step computes this layer. Long measurements may skip layers whose memory is all allocated.
  virtual bool executes(std::int64_t) const { return true; }

  // Filling. Every element is written, deterministically from `seed`.
  virtual void fill_weight(Weight& weight, std::uint64_t seed) = 0;  ///< zero mean, variance 1 / columns
  /// Whether a sample of the weight, read back, is what fill_weight wrote from this seed.
  virtual bool holds_weight(const Weight& weight, std::uint64_t seed) = 0;
  virtual void fill_ones(Tensor& vector) = 0;
  virtual void fill_zeros(Tensor& tensor) = 0;
  virtual void fill_tokens(Tensor& tokens, std::int64_t vocabulary, std::uint64_t seed) = 0;
  /// The table of a paged cache: every block once, scattered.
  virtual void fill_blocks(Tensor& blocks) = 0;

  // Computation. x is [rows, columns]; outputs are allocated by the caller.
  /// out[r] = table[tokens[r]] (+ positions[start + t]). A token beyond the table reads its first row.
  virtual void embed(const Weight& table, const Tensor& positions, const Tensor& tokens, StepShape step,
                     Tensor& out) = 0;
  /// RMSNorm or LayerNorm of each row; `bias` may be empty. `out` may be `x`. `weight`: empty for none, or of
  /// a whole number of rows, which the rows of x take in turns.
  virtual void norm(Norm kind, double epsilon, const Tensor& x, const Tensor& weight, const Tensor& bias,
                    Tensor& out) = 0;
  /// out[r, o] = sum_i x[r, i] * weight[o, i] (+ bias[o]); FP16 in, FP32 accumulation.
  virtual void matmul(const Tensor& x, const Weight& weight, const Tensor& bias, Tensor& out) = 0;
  /// Quantises rows of x to INT8 with one FP32 scale a row; columns beyond those of x become 0.
  virtual void quantise(const Tensor& x, Tensor& values, Tensor& scales) = 0;
  /// out[r, o] = sum_i values[r, i] * weight[o, i], exact in INT32.
  virtual void matmul_int8(const Tensor& values, const Weight& weight, Tensor& out) = 0;
  /// out[r, o] = accumulators[r, o] * row_scales[r] * channel_scales[o] (+ bias[o])
  virtual void dequantise(const Tensor& accumulators, const Tensor& row_scales, const Weight& weight,
                          const Tensor& bias, Tensor& out) = 0;
  /// Rotates the first rotary_size elements of every head of x in place.
  virtual void rotate(Tensor& x, std::int64_t heads, const Attention& attention, double theta,
                      StepShape step) = 0;
  /// Writes the step's keys and values into the cache, quantising where it is INT8. `values` are empty where
  /// the cache has none.
  virtual void append(const Tensor& keys, const Tensor& values, StepShape step, KvCache& cache) = 0;
  /// Copies the first `positions` of every sequence from one cache into another, of those tensors that
  /// both have.
  virtual void copy_cache(const KvCache& from, std::int64_t positions, KvCache& to) = 0;
  /// Repeats every KV head for the query heads that share it: out is [x.rows, heads * head_size].
  virtual void expand_heads(const Attention& attention, const Tensor& x, Tensor& out) = 0;
  /// Causal attention of the step's queries over the cache, streamed: nothing quadratic is allocated.
  /// `sinks`: one logit for each head beside its scores, which takes weight and gives no value; may be empty.
  virtual void attend(const Attention& attention, const Tensor& queries, const KvCache& cache,
                      const Tensor& sinks, StepShape step, Tensor& out) = 0;
  /// scores[(s, head, t), p] = q . k / sqrt(head_size), masked causally; [batch * heads * tokens, length]
  virtual void score(const Attention& attention, const Tensor& queries, const KvCache& cache, StepShape step,
                     Tensor& scores) = 0;
  /// Softmax of each row; the elements of `out` may be narrower or wider than those of x. `sinks`: as above,
  /// then the rows are those of scores and `step` says how many each head has; may be empty.
  virtual void softmax(const Tensor& x, const Tensor& sinks, StepShape step, Tensor& out) = 0;
  /// out[(s, t), head] = sum_p probabilities[(s, head, t), p] * v[s, p]
  virtual void mix(const Attention& attention, const Tensor& probabilities, const KvCache& cache,
                   StepShape step, Tensor& out) = 0;
  /// out = act(x); `out` may be `x`.
  virtual void activate(Activation kind, const Tensor& x, Tensor& out) = 0;
  /// out = x * y; `out` may be `x`. y has the shape of x, or one column, or one row.
  virtual void multiply(const Tensor& x, const Tensor& y, Tensor& out) = 0;
  /// out = x + y; `out` may be `x`.
  virtual void add(const Tensor& x, const Tensor& y, Tensor& out) = 0;
  /// Copies elements, converting FP16 to FP32 or back.
  virtual void convert(const Tensor& x, Tensor& out) = 0;
  /// out[r, to + i] = x[r, from + i] for i < count
  virtual void copy_columns(const Tensor& x, std::int64_t from, std::int64_t count, Tensor& out,
                            std::int64_t to) = 0;
  /// The last token's row of every sequence: out is [batch, columns].
  virtual void last_rows(const Tensor& x, StepShape step, Tensor& out) = 0;
  /// The index of the largest of the last token's logits per sequence: tokens is [batch, 1] INT32.
  virtual void sample(const Tensor& logits, Tensor& tokens) = 0;

  // Mixtures of experts.
  /// Sends every row to the experts of its largest scores, the earlier of equal ones: scores is [rows,
  /// experts], `bias` [experts] is added to them (may be empty). Shares are the softmax of the chosen.
  virtual void route(const Tensor& scores, const Tensor& bias, Routes& routes) = 0;
  /// out[places[r, j]] = x[r]: out is [rows * active, columns].
  virtual void gather_rows(const Tensor& x, const Routes& routes, Tensor& out) = 0;
  /// out[r] = sum_j shares[r, j] * x[places[r, j]]
  virtual void combine_experts(const Tensor& x, const Routes& routes, Tensor& out) = 0;

  // Latent attention. A head's queries are its rotated elements, then the plain ones; `kv_up` has the rows of
  // each head's plain keys, then of its values: [heads * (plain_size + value_size), kv_rank], FP or INT8.
  /// Brings queries to the latent space: out is [rows, heads * (rotary_size + kv_rank)], times the factor
  /// that makes 1 / sqrt(rotary_size + kv_rank) of `attend` the 1 / sqrt(rotary_size + plain_size) of its
  /// heads.
  virtual void absorb_queries(const LatentAttention& attention, const Tensor& queries, const Weight& kv_up,
                              Tensor& out) = 0;
  /// Brings mixed latent vectors [rows, heads * kv_rank] to values: out is [rows, heads * value_size].
  virtual void expand_values(const LatentAttention& attention, const Tensor& mixed, const Weight& kv_up,
                             Tensor& out) = 0;

  // State spaces and linear attention.
  /// out[t, c] = silu(sum_k weight[c, k] * x[t + k - (kernel size - 1), c] (+ bias[c])) within each sequence;
  /// what precedes the step comes from `last_inputs`, which then holds the last inputs of this one.
  virtual void convolve(const Tensor& x, const Weight& weight, const Tensor& bias, StepShape step,
                        Tensor& last_inputs, Tensor& out) = 0;
  /// h = exp(-exp(decay) dt) h + dt B x, y = C h + D x with dt = softplus(steps), for every channel and
  /// element of its state (arXiv:2312.00752, section 3): memory is [batch, inner size * n], out [rows,
  /// inner].
  virtual void scan(const Mamba& mamba, const MambaInputs& inputs, StepShape step, Tensor& memory,
                    Tensor& out) = 0;
  /// The same with one dt and decay a head, and B and C of its group (arXiv:2405.21060, section 7): memory is
  /// [batch, heads * head_size * n], out [rows, inner].
  virtual void scan(const Mamba2& mamba, const Mamba2Inputs& inputs, StepShape step, Tensor& memory,
                    Tensor& out) = 0;
  /// S = a S, then S += k (b (v - k S)), o = q S / sqrt(key_size) with keys and queries of length 1
  /// (1e-6 beside their squares),
  /// a = exp(-exp(decay) softplus(steps + bias)), b = sigmoid(writes) (arXiv:2412.06464, section 3): memory
  /// is [batch, value_heads * key_size * value_size], out [rows, value_heads * value_size].
  virtual void scan(const GatedDeltaNet& net, const DeltaInputs& inputs, StepShape step, Tensor& memory,
                    Tensor& out) = 0;

  // Alternating updates. `copies` is [n * rows, columns], one copy of the hidden state below the other.
  /// out copy i = copy i + sum_j coefficients[r, i * n + j] * copy j: coefficients is [rows, n * n].
  virtual void predict_copies(const Tensor& copies, const Tensor& coefficients, Tensor& out) = 0;
  /// copy i += (1 + coefficients[r, i]) * (computed - copy 0 as it was): coefficients is [rows, n].
  virtual void correct_copies(const Tensor& computed, const Tensor& coefficients, Tensor& copies) = 0;
};

}  // namespace calibram
