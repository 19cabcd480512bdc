// SPDX-License-Identifier: MIT
// Small config.json texts of any family, and the errors that reading them gives.
#pragma once

#include "src/core/error.hpp"
#include "src/model/config/config.hpp"

#include <string>
#include <vector>

namespace calibram {

/// The usual sizes of a model of four layers, plus more fields; a field that is given again counts as given.
inline std::string config_text(const std::string& model_type, const std::string& more = "") {
  return R"({"model_type": ")" + model_type +
         R"(", "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 8,
      "num_key_value_heads": 2, "intermediate_size": 512, "vocab_size": 1000)" +
         (more.empty() ? "" : ", " + more) + "}";
}

inline Model read_text(const std::string& text) { return parse_config(text, "config"); }
inline Model read_family(const std::string& model_type, const std::string& more = "") {
  return read_text(config_text(model_type, more));
}

inline std::string error_of_text(const std::string& text) {
  try {
    read_text(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

/// One per layer, in order.
inline std::vector<Layer> all_layers(const Model& model) {
  std::vector<Layer> layers;
  for (const LayerRun& run : model.layers)
    layers.insert(layers.end(), static_cast<std::size_t>(run.count), run.layer);
  return layers;
}

}  // namespace calibram
