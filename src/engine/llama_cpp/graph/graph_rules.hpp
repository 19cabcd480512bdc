// SPDX-License-Identifier: MIT
// What of an architecture's graph does not follow from the model's description.
#pragma once

#include <span>
#include <string_view>

namespace calibram::llama_cpp {

/// How the weights of the chosen experts are made.
enum class Gating : unsigned char { softmax, softmax_of_chosen, sigmoid };

struct GraphRules {
  std::string_view family;  ///< general.architecture of a GGUF, or model_type of a config.json
  bool scales_embeddings = false;
  bool scales_queries = false;  ///< after their rotation, instead of in the scores
  bool caps_scores = false;     ///< scale, tanh, scale before the softmax
  bool caps_logits = false;
  bool scales_logits = false;
  bool windowed_cache = false;       ///< layers with a window have a cache of their own
  bool rows_before_residual = true;  ///< the last layer drops tokens without output after its attention
  Gating gating = Gating::softmax;
  bool normalises_weights = false;  ///< the chosen experts' weights are made to sum to one
  bool scales_weights = false;
};

/// Null for an architecture whose graph is not known here.
const GraphRules* find_graph_rules(std::string_view family);
std::span<const GraphRules> graph_rules();

}  // namespace calibram::llama_cpp
