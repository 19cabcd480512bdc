// SPDX-License-Identifier: MIT
// Puts the layers of a config.json together from the parts that its family's rules give them.
#include "src/model/config/layers.hpp"

#include "src/model/config/feed_forwards.hpp"
#include "src/model/config/layer_rules.hpp"
#include "src/model/config/mixers.hpp"

namespace calibram {
namespace {

/// How attention and MLP of a whole layer share norms and residuals.
struct Joint {
  bool parallel = false;
  bool separate_norms = true;
};

Joint read_joint(ConfigFields& fields, const Family& family) {
  Joint joint;
  joint.parallel = fields.is_on(family.parallel_residual);
  const auto norms = fields.given({family.parallel_norm_count});
  joint.separate_norms = !joint.parallel || (norms ? *norms > 1 : fields.is_on(family.parallel_norms));
  return joint;
}

std::optional<AlternatingUpdates> read_updates(ConfigFields& fields, const Family& family) {
  if (!family.alternating_updates) return std::nullopt;
  const UpdateFields& names = *family.alternating_updates;
  return AlternatingUpdates{.copies = fields.value(names.copies),
                            .laurel_rank = fields.value(names.laurel_rank),
                            .layer_embedding_size = fields.value(names.layer_embedding_size)};
}

}  // namespace

std::vector<LayerRun> read_layers(ConfigFields& fields, const Family& family) {
  const std::int64_t count = fields.value(family.layers);
  if (count > most_layers)
    fields.fail(family.layers.field, {}, "must be at most " + std::to_string(most_layers));
  const bool has_window = read_window(fields, family).has_value();
  const std::vector<LayerParts> parts = layer_parts(fields, family, count, has_window);
  const LayerMixers mixers{fields, family, parts};
  const LayerFeedForwards feed_forwards{fields, family, parts};
  const Joint joint = read_joint(fields, family);
  const auto updates = read_updates(fields, family);
  std::vector<LayerRun> runs;
  for (std::int64_t i = 0; i < count; ++i) {
    const LayerParts& these = parts[static_cast<std::size_t>(i)];
    const bool has_mixer = these.mixer != MixerKind::none;
    const bool has_feed_forward = these.feed_forward != FeedForwardKind::none;
    add_layer(runs, {.mixer = mixers.mixer(i, these),
                     .feed_forward = feed_forwards.feed_forward(i, these),
                     .norm_before_mixer = family.norms_before && has_mixer,
                     .norm_before_mlp = family.norms_before && has_feed_forward && joint.separate_norms,
                     .norm_after_each = family.norms_after,
                     .parallel_residual = joint.parallel,
                     .alternating_updates = updates});
  }
  return runs;
}

}  // namespace calibram
