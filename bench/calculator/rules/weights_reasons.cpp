// SPDX-License-Identifier: MIT
// From parameters times nominal bits to the weights that are held: what stays wide, scales, rounding.
#include "bench/calculator/rules/reasons.hpp"
#include "src/model/stored_tensor.hpp"
#include "src/model/weight_bytes.hpp"

#include <functional>

namespace calibram {
namespace {

void for_each_weight(const Model& model, const std::function<void(const WeightShape&, std::int64_t)>& body) {
  for (const WeightShape& shape : outer_weights(model)) body(shape, 1);
  for (const LayerRun& run : model.layers)
    for (const WeightShape& shape : layer_weights(model, run.layer)) body(shape, run.count);
}

/// Parameters that a format stores in its parts, and those that it leaves alone.
struct Parameters {
  double stored = 0, left = 0;
};

Parameters parameters_by_format(const Model& model, const Format& format) {
  Parameters parameters;
  for_each_weight(model, [&](const WeightShape& shape, std::int64_t layers) {
    const std::int64_t count = checked_product({layers, shape.count, shape.rows, shape.columns});
    (quantises(format, shape) ? parameters.stored : parameters.left) += static_cast<double>(count);
  });
  return parameters;
}

/// From nominal bits to the format's bytes. @return these
Bytes add_format_reasons(const Question& question, Bytes nominal, Reasons& reasons) {
  const Model& model = *question.model;
  const Format& format = *question.weights;
  const Parameters parameters = parameters_by_format(model, format);
  const Bytes left_wide = rounded_bytes(parameters.stored * format.nominal_bits / 8 +
                                        parameters.left * static_cast<double>(format.plain_bytes));
  reasons.add("weights_left_wide", Term::weights, nominal, left_wide,
              {{"bits", format.nominal_bits},
               {"format", format.name},
               {"left", parameters.left},
               {"left_bits", 8 * format.plain_bytes}});
  const Bytes exact = weight_bytes(model, format);
  reasons.add_difference("weights_scales", Term::weights, left_wide - exact,
                         {{"format", format.name}, {"ours", exact - left_wide}});
  return exact;
}

Bytes add_file_reasons(const Question& question, Bytes nominal, Reasons& reasons) {
  const Bytes stored = total_bytes(*question.model->stored);
  reasons.add("weights_of_files", Term::weights, nominal, stored, {{"bits", question.weights->nominal_bits}});
  return stored;
}

}  // namespace

void add_weights_reasons(const Comparison& comparison, Bytes nominal, Reasons& reasons) {
  const Question& question = comparison.question;
  Bytes exact = nominal;
  if (is_as_stored(*question.weights) && question.model->stored)
    exact = add_file_reasons(question, nominal, reasons);
  else if (question.weights->has_exact_bytes)
    exact = add_format_reasons(question, nominal, reasons);
  reasons.add(comparison.weights_are_fitted ? "weights_measured" : "weights_held", Term::weights, exact,
              comparison.ours[Term::weights]);
}

}  // namespace calibram
