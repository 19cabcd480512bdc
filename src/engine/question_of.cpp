// SPDX-License-Identifier: MIT
// Makes a question from a row: finds the model, the formats and the runtime that its words name.
#include "src/core/error.hpp"
#include "src/core/number.hpp"
#include "src/engine/question_words.hpp"
#include "src/model/catalogue.hpp"
#include "src/model/stored_tensor.hpp"
#include "src/model/weight_bytes.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <utility>

namespace calibram {
namespace {

/// "70B", "0.5b", "350M": parameters, or nothing for what is no bare size.
std::optional<double> bare_size(const std::string& subject) {
  if (subject.size() < 2) return std::nullopt;
  const char unit = subject.back();
  const double scale = unit == 'B' || unit == 'b' ? 1e9 : unit == 'M' || unit == 'm' ? 1e6 : 0;
  if (scale == 0) return std::nullopt;
  const std::optional<double> count = parse_number(std::string_view{subject}.substr(0, subject.size() - 1));
  if (!count) return std::nullopt;
  const double parameters = *count * scale;
  if (!(parameters >= 1 && parameters <= 1e15))
    throw InputError{fmt::format("invalid size '{}'", subject), "must be from 1 to 10^15 parameters",
                     "write 70B or 350M, say"};
  return parameters;
}

/// What the projections give: the weights' own format where it is a plain one, else the 16 bits that the
/// model is stored in.
std::string_view cache_format(const Format& weights, std::string_view stored) {
  for (const std::string_view plain : {"fp32", "fp16", "bf16"})
    if (weights.name == plain) return plain;
  return stored == "bf16" ? "bf16" : "fp16";
}

/// The format that was asked for. Where files are known that hold something else than the format that their
/// model is said to be stored in, what they hold is taken as it is.
const Format& weights_of(const std::string& named, const Model* model) {
  const std::string_view name = named.empty() ? "as-stored" : std::string_view{named};
  if (!model) return weight_format(name == "as-stored" ? "fp16" : name);
  const Format& format = weight_format(name, *model);
  if (name != "as-stored" || !model->stored) return format;
  const bool is_that = format.has_exact_bytes && weight_bytes(*model, format) == total_bytes(*model->stored);
  return is_that ? format : weight_format("as-stored");
}

std::string resolved_subject(const Measurement& row) {
  const std::filesystem::path path{row.model.str()};
  if (row.file.empty() || path.is_absolute() || find_entry(row.model)) return row.model;
  const std::filesystem::path beside = std::filesystem::path{row.file.str()}.parent_path() / path;
  // A name that is neither known nor a file stays as it is written, for the error to quote.
  std::error_code none;  // a name too long for a file is none
  return std::filesystem::exists(beside, none) || row.model.str().find('/') != std::string::npos
             ? beside.string()
             : row.model.str();
}

}  // namespace

std::string model_as_recorded(const std::string& model, const std::filesystem::path& csv) {
  std::error_code none;
  if (find_entry(model) || !std::filesystem::exists(model, none)) return model;
  const std::filesystem::path folder = std::filesystem::absolute(csv).parent_path();
  return std::filesystem::proximate(model, folder).string();
}

Question question_of(QuestionWords words, const FindModel& find) {
  Question question;
  if (const std::optional<double> size = bare_size(words.model)) {
    question.parameters = *size;
  } else {
    question.model = find(words.model);
    question.parameters = static_cast<double>(parameter_count(*question.model));
  }
  question.subject = std::move(words.model);
  const std::string_view stored = question.model ? std::string_view{question.model->stored_format} : "fp16";
  question.weights = &weights_of(words.weights, question.model.get());
  question.kv =
      &kv_format(words.kv.empty() ? cache_format(*question.weights, stored) : std::string_view{words.kv});
  question.workload = words.workload;
  question.runtime = std::move(words.runtime);
  question.options = std::move(words.options);
  question.devices = words.devices;
  question.split = words.split;
  question.metric = words.metric;
  question.device = std::move(words.device);
  return question;
}

Question question_of(const Measurement& row, ModelLibrary& models) {
  return question_of(words_of(row), [&](const std::string&) { return models.load(resolved_subject(row)); });
}

Question question_of(const Measurement& row) {
  ModelLibrary models;
  return question_of(row, models);
}

}  // namespace calibram
