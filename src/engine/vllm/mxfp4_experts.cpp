// SPDX-License-Identifier: MIT
// Adds up the tensors of experts in MXFP4. Sources: vLLM 0.19.0, vllm/model_executor/layers/fused_moe/oracle/
// mxfp4.py and layers/quantization/mxfp4.py; triton v3.6.0 (cmake/external_projects/triton_kernels.cmake),
// python/triton_kernels/triton_kernels/tensor_details/layout_details.
#include "src/engine/vllm/mxfp4_experts.hpp"

namespace calibram {
namespace {

constexpr std::int64_t block = 32;          // elements that share a scale of one byte
constexpr std::int64_t value_tile = 64;     // bytes, both ways: hopper_value.py, swizzle_data
constexpr std::int64_t scale_rows = 256;    // 2 · 8 warps · 2 · 8: hopper_scale.py, swizzle_data
constexpr std::int64_t scale_columns = 2;   // of the same
constexpr std::int64_t bf16 = 2, fp32 = 4;  // bytes

/// The tensors of one projection of all experts, `outputs` x `inputs` each.
class Projection {
 public:
  Projection(std::int64_t experts, std::int64_t outputs, std::int64_t inputs)
      : experts_{experts}, outputs_{outputs}, inputs_{inputs} {}

  Bytes values() const { return product(outputs_, inputs_ / 2); }
  Bytes scales() const { return product(outputs_, inputs_ / block); }
  Bytes bias(std::int64_t element_bytes) const { return product(outputs_, element_bytes); }
  Bytes swizzled_values() const {
    return product(round_up(outputs_, value_tile), round_up(inputs_ / 2, value_tile));
  }
  Bytes swizzled_scales() const {
    return product(round_up(outputs_, scale_rows), round_up(inputs_ / block, scale_columns));
  }

 private:
  Bytes product(std::int64_t rows, std::int64_t columns) const {
    return Bytes{checked_product({experts_, rows, columns})};
  }

  std::int64_t experts_, outputs_, inputs_;
};

/// _swizzle_mxfp4 makes new tensors of values and scales. The scales as they were loaded stay registered with
/// the layer: only the values' parameters are deleted (convert_to_mxfp4_moe_kernel_format).
void add_swizzled(const Projection& projection, bool bias, VllmBlocks& sum) {
  sum.add(projection.swizzled_values());
  sum.add(projection.swizzled_scales());
  sum.add(projection.scales());
  if (bias) sum.add(projection.bias(fp32));
}

/// Marlin repacks within the padded sizes.
void add_repacked(const Projection& projection, bool bias, VllmBlocks& sum) {
  sum.add(projection.values());
  sum.add(projection.scales());
  if (bias) sum.add(projection.bias(bf16));
}

}  // namespace

bool Mxfp4Experts::run_in_one_call() const { return gpu.compute_capability >= hopper; }

// mxfp4_round_up_hidden_size_and_intermediate_size.
PaddedExpert Mxfp4Experts::padded() const {
  const std::int64_t width = experts.expert.width;
  if (run_in_one_call()) return {hidden_size, round_up(width, 64)};
  return {round_up(hidden_size, 256), round_up(width, 128)};
}

VllmBlocks Mxfp4Experts::blocks() const {
  const auto [hidden, width] = padded();
  const Mlp& expert = experts.expert;
  const Projection up{experts.count, expert.gated ? 2 * width : width, hidden};
  const Projection down{experts.count, hidden, width};
  const auto add = run_in_one_call() ? add_swizzled : add_repacked;
  VllmBlocks sum;
  for (const Projection& projection : {up, down}) add(projection, expert.bias, sum);
  return sum;
}

}  // namespace calibram
