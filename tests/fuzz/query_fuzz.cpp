// SPDX-License-Identifier: MIT
// Any bytes as the query of a URL: its pairs, the words of the question that they ask, and the question.
#include "bench/serve/query.hpp"
#include "src/engine/count.hpp"
#include "src/engine/question_words.hpp"
#include "src/model/catalogue.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <map>
#include <memory>
#include <utility>

namespace calibram {
namespace {

/// Models that were asked for are parsed once: this is about queries.
std::shared_ptr<const Model> known_model(const std::string& name) {
  static std::map<const CatalogueEntry*, std::shared_ptr<const Model>> models;
  const CatalogueEntry* entry = find_entry(name);
  if (entry == nullptr) throw InputError{"unknown model", "", ""};
  auto& model = models[entry];
  if (!model) model = std::make_shared<const Model>(model_of(*entry));
  return model;
}

void ask(std::string_view query) {
  QuestionWords words;
  for (const auto& [name, value] : parse_query(query))
    for (const MeasurementColumn& column : measurement_columns())
      if (column.name == name) read_word(column, value, words);
  validate(words.workload);
  const Question question = question_of(std::move(words), known_model);
  static_cast<void>(runtime_of(question));
}

}  // namespace
}  // namespace calibram

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return calibram::read_any(data, size, calibram::ask);
}
