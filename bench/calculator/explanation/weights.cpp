// SPDX-License-Identifier: MIT
// Weights as numbers of blocks times their bytes, or tensor by tensor as a file has them.
#include "bench/calculator/explanation/steps.hpp"
#include "src/model/stored_tensor.hpp"
#include "src/model/weight_bytes.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>

namespace calibram {
namespace {

constexpr const char* beyond_the_format =
    "rounded up to the runtime's blocks and pages, padded, or kept twice";

void for_each_weight(const Model& model, const std::function<void(const WeightShape&, std::int64_t)>& body) {
  for (const WeightShape& shape : outer_weights(model)) body(shape, 1);
  for (const LayerRun& run : model.layers)
    for (const WeightShape& shape : layer_weights(model, run.layer)) body(shape, run.count);
}

std::string plain_name(const Format& format) {
  if (plain_width(format) > 0) return format.name;
  return format.plain_bytes == 4 ? "fp32" : "16 bit";
}

/// What one block of a format's part is for.
std::string block_words(const FormatPart& part) {
  const char* bytes = part.tile_bytes == 1 ? "byte" : "bytes";
  if (part.tile_outputs == 0 || part.tile_inputs == 0)
    return fmt::format("{} ({}, for each {})", bytes, part.name,
                       part.tile_outputs == part.tile_inputs ? "matrix"
                       : part.tile_inputs == 0               ? "output"
                                                             : "input");
  const std::int64_t weights = part.tile_outputs * part.tile_inputs;
  return weights == 1 ? fmt::format("{} ({})", bytes, part.name)
                      : fmt::format("{} ({}, for {} weights)", bytes, part.name, weights);
}

Steps steps_of_format(const Model& model, const Format& format) {
  std::int64_t plain = 0;
  std::vector<std::int64_t> blocks(format.parts.size(), 0);
  for_each_weight(model, [&](const WeightShape& shape, std::int64_t layers) {
    const std::int64_t count = checked_product({layers, shape.count});
    if (!quantises(format, shape) || plain_width(format) > 0) {
      plain += checked_product({count, shape.rows, shape.columns});
      return;
    }
    const MatrixParts parts = matrix_parts(format, shape.rows, shape.columns);
    for (std::size_t i = 0; i < parts.size(); ++i)
      blocks[i] += count * (parts[i].bytes.count() / format.parts[i].tile_bytes);
  });
  Steps steps;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (blocks[i] > 0)
      steps.push_back(product(
          {whole(blocks[i], "blocks"), whole(format.parts[i].tile_bytes, block_words(format.parts[i]))}));
  if (plain > 0)
    steps.push_back(
        product({whole(plain, steps.empty() ? "parameters" : "parameters left as they are"),
                 whole(format.plain_bytes, fmt::format("{} ({})", format.plain_bytes == 1 ? "byte" : "bytes",
                                                       plain_name(format)))}));
  return steps;
}

Steps steps_of_files(const StoredWeights& stored) {
  std::map<std::string, std::pair<std::int64_t, Bytes>> by_type;
  for (const StoredTensor& tensor : stored.tensors) {
    auto& [count, bytes] = by_type[std::string{tensor.type->name}];
    ++count;
    bytes += tensor.bytes;
  }
  Steps steps;
  for (const auto& [type, sum] : by_type)
    steps.push_back(counted(fmt::format("{} tensors stored as {}", sum.first, type), sum.second));
  return steps;
}

}  // namespace

Steps weights_steps(const Question& question, Bytes term) {
  Steps steps;
  const Model& model = *question.model;
  if (is_as_stored(*question.weights) && model.stored)
    steps = steps_of_files(*model.stored);
  else if (question.weights->has_exact_bytes)
    steps = steps_of_format(model, *question.weights);
  add_remainder(steps, term, beyond_the_format);
  return steps;
}

}  // namespace calibram
