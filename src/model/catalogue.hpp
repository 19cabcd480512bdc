// SPDX-License-Identifier: MIT
// Well-known models by name, and how a name or a path becomes a model.
#pragma once

#include "src/model/model.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace calibram {

/// The architecture of a published model: what its config.json says. Where the base and the
/// instruction-tuned release differ (positions, stored type), it is the instruction-tuned one.
struct CatalogueEntry {
  std::string_view name;
  std::string_view family;
  std::int64_t hidden_size;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t kv_heads;
  std::int64_t head_size;
  std::int64_t mlp_width;
  std::int64_t vocabulary;
  bool tied_embeddings;
  std::int64_t max_positions;
  double rope_theta;
  double norm_epsilon;
  std::string_view stored_format;
  std::int64_t window = 0;        ///< sliding window; 0: none
  double rotary_fraction = -1;    ///< negative: the family's
  std::string_view aliases = {};  ///< other names that mean exactly this model, separated by blanks
};

std::span<const CatalogueEntry> catalogue();

/// The model with this name or alias; "publisher/name" is accepted, and case does not count.
std::optional<Model> find_model(std::string_view name);

/// What a user means by a model: a catalogue name, a config.json, or a folder holding one.
/// @throws InputError for anything else, with the nearest names
Model load_model(const std::string& subject);

}  // namespace calibram
