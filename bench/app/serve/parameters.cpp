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

constexpr unsigned estimate = static_cast<unsigned>(Wanted::estimate);
constexpr unsigned advice = static_cast<unsigned>(Wanted::advice);
constexpr unsigned concurrency = static_cast<unsigned>(Wanted::concurrency);
constexpr unsigned models = static_cast<unsigned>(Wanted::models);
constexpr unsigned upload = static_cast<unsigned>(Wanted::upload);
constexpr unsigned questions = estimate | advice | concurrency;

constexpr auto text = ParameterKind::text;
constexpr auto integer = ParameterKind::integer;
constexpr auto yes_or_no = ParameterKind::yes_or_no;

constexpr Parameter model = {"model", "name of /api/models, upload:NAME of an uploaded one, or a size: 70B",
                             questions, text, true};

constexpr std::array further = {
    Parameter{
        "estimator",
        "rule-1.2, rule-per-token, rule-kv, rule-terms, theory or calibrated; empty: calibrated where a "
        "profile applies, else theory",
        questions},
    Parameter{"profile",
              "name of /api/profiles, or none; empty: that of the device, of this host, or the only one",
              questions},
    Parameter{"gpu", "a card that the answer is held against, of /api/gpus", questions, text, false, true},
    Parameter{"capacity", "the same for this much memory: 24GiB", questions, text, false, true},
    Parameter{"max-context", "the most tokens that fit; needs one gpu or capacity", estimate, yes_or_no},
    Parameter{"max-batch", "the most sequences at once that fit; needs one gpu or capacity", estimate,
              yes_or_no},
    Parameter{"best-format", "the widest formats that fit; needs one gpu or capacity", estimate, yes_or_no},
    Parameter{"min-devices", "the fewest devices that hold it; needs one gpu or capacity", estimate,
              yes_or_no},
    Parameter{"explain", "each number's formula with the values put in", estimate, yes_or_no},
    Parameter{"rules", "the four rules of thumb beside the answer, and why they differ", estimate, yes_or_no},
    Parameter{"max-devices", "how many cards a plan may take; empty: 8", advice, integer},
    Parameter{"keep-formats", "weights and cache stay in their formats", advice, yes_or_no},
    Parameter{"keep-batch", "the batch stays as it is", advice, yes_or_no},
    Parameter{"keep-context", "the context stays as it is", advice, yes_or_no},
    Parameter{"keep-engine", "the runtime stays", advice, yes_or_no},
    Parameter{"keep-on-card", "no layers go to the host", advice, yes_or_no},
    Parameter{"up-to", "requests at most; empty: 64", concurrency, integer},
    Parameter{"shared-prefix", "tokens that all prompts begin with", concurrency, integer},
    Parameter{"search", "models alone whose name or family contains this", models},
    Parameter{"file", "name of the file: config.json, or one that ends in .gguf", upload},
    Parameter{"bytes", "size of the whole file, where the body is the start of a .gguf", upload, integer},
};

bool is_integer(const MeasurementColumn& column) {
  return column.unit == "tokens" || column.unit == "sequences" || column.name == "devices";
}

std::vector<Parameter> all_parameters() {
  std::vector<Parameter> all = {model};
  for (const MeasurementColumn* column : question_columns())
    all.push_back({column->name, column->meaning, questions, is_integer(*column) ? integer : text});
  all.insert(all.end(), further.begin(), further.end());
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
