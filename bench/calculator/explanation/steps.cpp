// SPDX-License-Identifier: MIT
// Products in words, and the tensors of a peak as products.
#include "bench/calculator/explanation/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace calibram {
namespace {

constexpr std::string_view element_names[] = {"FP32", "FP16", "INT8", "INT32", "packed"};

std::string rows_unit(const Workload& workload, std::int64_t rows) {
  if (rows == 1) return "";
  if (rows == workload.batch * workload.prompt) return "tokens";
  return rows == workload.batch ? "sequences" : "rows";
}

/// What is as wide; several things may be, and the first one is named.
std::string columns_unit(const Model& model, std::int64_t columns) {
  if (columns == 1) return "";
  if (columns == model.vocabulary) return "vocabulary";
  if (columns == model.hidden_size) return "hidden size";
  for (const LayerRun& run : model.layers) {
    const Mlp* mlp = mlp_of(run.layer);
    if (mlp && columns == mlp->width) return "MLP width";
    if (const auto* experts = std::get_if<Experts>(&run.layer.feed_forward))
      if (columns == experts->expert.width) return "expert width";
    const Attention* attention = attention_of(run.layer);
    if (attention && columns == attention->heads * attention->head_size) return "all heads";
    if (attention && columns == attention->kv_heads * attention->head_size) return "all KV heads";
  }
  return "columns";
}

Step step_of(const Question& question, const TensorGroup& group) {
  std::vector<Factor> factors;
  if (group.count > 1) factors.push_back(whole(group.count, "tensors"));
  factors.push_back(whole(group.rows, rows_unit(question.workload, group.rows)));
  factors.push_back(whole(group.columns, columns_unit(*question.model, group.columns)));
  const std::int64_t width = element_bytes(group.element);
  factors.push_back(whole(width, fmt::format("{} ({})", width == 1 ? "byte" : "bytes",
                                             element_names[static_cast<std::size_t>(group.element)])));
  return product(std::move(factors));
}

std::string factor_text(const Factor& factor) {
  const std::string number = factor.number == static_cast<double>(static_cast<std::int64_t>(factor.number))
                                 ? fmt::format("{}", static_cast<std::int64_t>(factor.number))
                                 : fmt::format("{}", factor.number);
  return factor.unit.empty() ? number : number + " " + factor.unit;
}

}  // namespace

std::string formula(const Step& step) {
  if (step.factors.empty()) return "counted: " + step.words;
  std::string text;
  for (const Factor& factor : step.factors) text += (text.empty() ? "" : " x ") + factor_text(factor);
  return step.words.empty() ? text : fmt::format("{}: {}", step.words, text);
}

Factor whole(std::int64_t number, std::string unit) { return {static_cast<double>(number), std::move(unit)}; }

Step product(std::vector<Factor> factors) {
  Bytes bytes{1};
  for (const Factor& factor : factors) bytes *= static_cast<std::int64_t>(factor.number);
  return {std::move(factors), "", bytes};
}

Step counted(std::string words, Bytes bytes) { return {{}, std::move(words), bytes}; }

Bytes sum_of(const Steps& steps) {
  Bytes sum;
  for (const Step& step : steps) sum += step.bytes;
  return sum;
}

void add_remainder(Steps& steps, Bytes term, const std::string& words) {
  const Bytes rest = term - sum_of(steps);
  if (rest < Bytes{}) steps.clear();
  if (rest < Bytes{})
    steps.push_back(counted("all that this runtime holds of it", term));
  else if (rest > Bytes{})
    steps.push_back(counted(words, rest));
}

Steps tensor_steps(const Question& question, const std::vector<TensorGroup>& tensors, Term term) {
  constexpr std::size_t most_shown = 8;
  Steps steps;
  Bytes others;
  std::int64_t other_count = 0;
  for (const TensorGroup& group : tensors) {
    if (group.term != term) continue;
    const Step step = step_of(question, group);
    if (steps.size() < most_shown)
      steps.push_back(step);
    else
      others += step.bytes, other_count += group.count;
  }
  if (other_count > 0) steps.push_back(counted(fmt::format("{} smaller tensors", other_count), others));
  return steps;
}

}  // namespace calibram
