// SPDX-License-Identifier: MIT
// What of an architecture's graph does not follow from the model's description.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace calibram::llama_cpp {

/// How the weights of the chosen experts are made.
enum class Gating : unsigned char { softmax, softmax_of_chosen, sigmoid };

/// In which order the parts of a layer whose attention and MLP read the same input are added.
enum class ParallelSum : unsigned char {
  mlp_input_mixed,
  mlp_mixed_input,
  mixed_mlp_input,
  mlp_joined,  ///< to the sum of attention and input
};

struct GraphRules {
  std::string_view family;  ///< general.architecture
  bool scales_embeddings = false;
  bool scales_queries = false;  ///< after their rotation, instead of in the scores
  bool caps_scores = false;     ///< scale, tanh, scale before the softmax
  bool caps_logits = false;
  bool scales_logits = false;
  bool scales_parts = false;        ///< attention and MLP before they are added
  bool projects_at_once = false;    ///< queries, keys and values by one matrix, unless a file says otherwise
  bool gates_at_once = false;       ///< gate and up by one matrix, unless a file says otherwise
  bool norms_by_rms = false;        ///< though the model was trained with LayerNorm
  bool norms_rotated = false;       ///< queries and keys after their rotation
  bool scales_unrotated = false;    ///< queries of layers without rotation, by an input
  bool adds_to_residual = false;    ///< the MLP's output is the second of the two that are added
  bool drops_rows_last = false;     ///< tokens without output go after the last layer, which is an output too
  bool weighs_inputs = false;       ///< experts' weights are multiplied with what they read
  bool chooses_by_logits = false;   ///< experts, though their weights are made otherwise
  bool biases_choice = false;       ///< of experts, unless a file says otherwise
  bool normalises_weights = false;  ///< the chosen experts' weights are made to sum to one
  std::int64_t position_parts = 1;  ///< numbers that tell a token's position
  Gating gating = Gating::softmax;
  ParallelSum parallel_sum = ParallelSum::mlp_input_mixed;
};

/// Null for an architecture whose graph is not known here.
const GraphRules* find_graph_rules(std::string_view family);
std::span<const GraphRules> graph_rules();

}  // namespace calibram::llama_cpp
