// SPDX-License-Identifier: MIT
// Lists the parameters, and checks those of a request.
#include "bench/app/serve/parameters.hpp"

#include "bench/app/flags/question_flags.hpp"
#include "src/core/error.hpp"
#include "src/core/names.hpp"
#include "src/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace calibram {
namespace {

constexpr unsigned for_estimate = static_cast<unsigned>(Wanted::estimate);
constexpr unsigned for_advice = static_cast<unsigned>(Wanted::advice);
constexpr unsigned for_concurrency = static_cast<unsigned>(Wanted::concurrency);
constexpr unsigned for_models = static_cast<unsigned>(Wanted::models);
constexpr unsigned for_upload = static_cast<unsigned>(Wanted::upload);
constexpr unsigned for_questions = for_estimate | for_advice | for_concurrency;

constexpr Parameter model_parameter = {"model",
                                       "name of /api/models, upload:NAME of an uploaded one, or a size: 70B",
                                       for_questions, ParameterKind::text, true};

constexpr Parameter flag(std::string_view name, std::string_view meaning, unsigned wanted_by) {
  return {name, meaning, wanted_by, ParameterKind::yes_or_no};
}
constexpr Parameter number(std::string_view name, std::string_view meaning, unsigned wanted_by) {
  return {name, meaning, wanted_by, ParameterKind::integer};
}
constexpr Parameter repeatable(std::string_view name, std::string_view meaning, unsigned wanted_by) {
  return {name, meaning, wanted_by, ParameterKind::text, false, true};
}

constexpr std::array further_parameters = {
    Parameter{
        "estimator",
        "rule-1.2, rule-per-token, rule-kv, rule-terms, theory or calibrated; empty: calibrated where a "
        "profile applies, else theory",
        for_questions},
    Parameter{"profile",
              "name of /api/profiles, or none; empty: that of the device, of this host, or the only one",
              for_questions},
    repeatable("gpu", "a card that the answer is held against, of /api/gpus", for_questions),
    repeatable("capacity", "the same for this much memory: 24GiB", for_questions),
    flag("max-context", "the most tokens that fit; needs one gpu or capacity", for_estimate),
    flag("max-batch", "the most sequences at once that fit; needs one gpu or capacity", for_estimate),
    flag("best-format", "the widest formats that fit; needs one gpu or capacity", for_estimate),
    flag("min-devices", "the fewest devices that hold it; needs one gpu or capacity", for_estimate),
    flag("explain", "each number's formula with the values put in", for_estimate),
    flag("rules", "the four rules of thumb beside the answer, and why they differ", for_estimate),
    number("max-devices", "how many cards a plan may take; empty: 8", for_advice),
    flag("keep-formats", "weights and cache stay in their formats", for_advice),
    flag("keep-batch", "the batch stays as it is", for_advice),
    flag("keep-context", "the context stays as it is", for_advice),
    flag("keep-engine", "the runtime stays", for_advice),
    flag("keep-on-card", "no layers go to the host", for_advice),
    number("up-to", "requests at most; empty: 64", for_concurrency),
    number("shared-prefix", "tokens that all prompts begin with", for_concurrency),
    Parameter{"search", "models alone whose name or family contains this", for_models},
    Parameter{"file", "name of the file: config.json, or one that ends in .gguf", for_upload},
    number("bytes", "size of the whole file, where the body is the start of a .gguf", for_upload),
};

bool counts(const MeasurementColumn& column) {
  return column.unit == "tokens" || column.unit == "sequences" || column.name == "devices";
}

std::vector<Parameter> all_parameters() {
  std::vector<Parameter> all = {model_parameter};
  for (const MeasurementColumn* column : question_columns())
    all.push_back({column->name, column->meaning, for_questions,
                   counts(*column) ? ParameterKind::integer : ParameterKind::text});
  all.insert(all.end(), further_parameters.begin(), further_parameters.end());
  return all;
}

const Parameter* find_parameter(std::string_view name, Wanted wanted) {
  const auto all = parameters();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Parameter& parameter) {
    return parameter.is_of(wanted) && parameter.name == name;
  });
  return found == all.end() ? nullptr : &*found;
}

InputError unknown_parameter(std::string_view name, Wanted wanted) {
  std::vector<std::string_view> known;
  for (const Parameter& parameter : parameters())
    if (parameter.is_of(wanted)) known.push_back(parameter.name);
  if (known.empty()) return InputError{"unknown parameter " + in_quotes(name), "this takes none", "drop it"};
  return unknown_name("parameter", name, known);
}

}  // namespace

std::span<const Parameter> parameters() {
  static const std::vector<Parameter> all = all_parameters();
  return all;
}

AskedParameters::AskedParameters(const QueryPairs& pairs, Wanted wanted) {
  for (const auto& [name, value] : pairs) {
    const Parameter* parameter = find_parameter(name, wanted);
    if (parameter == nullptr) throw unknown_parameter(name, wanted);
    if (value.empty()) continue;
    if (!parameter->is_repeatable && !AskedParameters::text(name).empty())
      throw InputError{fmt::format("{} is given more than once", name), "", "give it once"};
    given_.emplace_back(name, value);
  }
}

std::string_view AskedParameters::text(std::string_view name) const {
  const auto found =
      std::find_if(given_.begin(), given_.end(), [&](const auto& pair) { return pair.first == name; });
  return found == given_.end() ? std::string_view{} : found->second;
}

std::vector<std::string> AskedParameters::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [given, value] : given_)
    if (given == name) values.push_back(value);
  return values;
}

bool AskedParameters::is_set(std::string_view name) const {
  const std::string_view value = text(name);
  if (value.empty() || value == "0") return false;
  if (value != "1")
    throw InputError{fmt::format("invalid {} {}", name, in_quotes(value)), "must be 1 or 0", "correct it"};
  return true;
}

}  // namespace calibram
