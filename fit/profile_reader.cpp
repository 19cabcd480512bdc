// SPDX-License-Identifier: MIT
// Reads profiles: every number is there, finite and possible, or an error names its JSON path.
#include "fit/profile.hpp"
#include "src/core/error.hpp"
#include "src/core/json_file.hpp"
#include "src/core/names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace calibram {
namespace {

constexpr std::string_view remake = "make the profile anew with `calibram calibrate` or `calibram fit`";

/// A number that may be null (not determined by the data), but not missing.
double number_or_unknown(const JsonNode& node, const std::string& key, double lowest = lowest_number) {
  if (!node.value().contains(key)) return node.number(key);  // throws the error of what is missing
  return node.optional_number(key, lowest).value_or(std::numeric_limits<double>::quiet_NaN());
}

std::vector<std::string> texts(const JsonNode& node, std::string_view key) {
  std::vector<std::string> result;
  for (const JsonNode& element : node.array(key)) result.push_back(element.as_text());
  return result;
}

template <class Array, class Read>
void fill(Array& array, const JsonNode& node, std::string_view key, Read read) {
  const std::vector<JsonNode> elements = node.array(key);
  if (elements.size() != array.size())
    node.find(key)->fail(fmt::format("must have {} entries, not {}", array.size(), elements.size()),
                         std::string{remake});
  for (std::size_t i = 0; i < array.size(); ++i) array[i] = read(elements[i]);
}

Range range_of(const JsonNode& node, std::string_view key) {
  std::array<std::int64_t, 2> ends{};
  fill(ends, node, key, [](const JsonNode& end) { return end.as_integer(0); });
  if (ends[0] > ends[1]) node.find(key)->fail("must be [lowest, highest]");
  return {ends[0], ends[1]};
}

Hull hull_of(const JsonNode& node) {
  Hull hull;
  hull.total_bytes = range_of(node, "total_bytes");
  hull.context_tokens = range_of(node, "context_tokens");
  hull.batch = range_of(node, "batch");
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    hull.term_bytes[t] = range_of(node.object("terms"), term_names[t]);
  return hull;
}

/// A covariance is symmetric and has no negative variance, or every interval from it is wrong.
void check_covariance(const JsonNode& node, const PriorFit& prior) {
  for (std::size_t a = 0; a < term_count; ++a) {
    if (prior.covariance[a][a] < 0)
      node.fail("must have no negative number on its diagonal", std::string{remake});
    for (std::size_t b = 0; b < a; ++b) {
      const double scale = std::sqrt(prior.covariance[a][a]) * std::sqrt(prior.covariance[b][b]);
      if (std::abs(prior.covariance[a][b] - prior.covariance[b][a]) > 1e-9 * scale ||
          std::abs(prior.covariance[a][b]) > (1 + 1e-9) * scale)
        node.fail(fmt::format("must be a covariance; rows {} and {} are not", b, a), std::string{remake});
    }
  }
}

PriorFit prior_of(const JsonNode& node) {
  PriorFit prior;
  if (!std::ranges::equal(texts(node, "order"), term_names))
    node.find("order")->fail("must be [" + joined(term_names) + "]", std::string{remake});
  // Memory does not shrink as tensors are added, nor is a tensor held ten times.
  constexpr double largest_coefficient = 10;
  fill(prior.coefficients, node, "coefficients", [](const JsonNode& value) { return value.as_number(); });
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    if (!(prior.coefficients[t] >= 0 && prior.coefficients[t] <= largest_coefficient))
      node.find("coefficients")
          ->fail(fmt::format("must be from 0 to {} for {}", largest_coefficient, term_names[t]),
                 std::string{remake});
  std::array<std::vector<JsonNode>, term_count> rows;
  fill(rows, node, "covariance", [](const JsonNode& row) { return row.elements(); });
  for (std::size_t a = 0; a < term_count; ++a) {
    if (rows[a].size() != term_count)
      node.find("covariance")->fail(fmt::format("must have {} entries in row {}", term_count, a));
    for (std::size_t b = 0; b < term_count; ++b) prior.covariance[a][b] = rows[a][b].as_number();
  }
  check_covariance(*node.find("covariance"), prior);
  prior.within = node.number("within", 0);
  prior.between = node.number("between", 0);
  return prior;
}

TermFit term_of(const JsonNode& node) {
  TermFit term{};
  term.coefficient = number_or_unknown(node, "coefficient");
  term.std_error = number_or_unknown(node, "std_error", 0);
  term.p_equals_one = number_or_unknown(node, "p_equals_one", 0);
  term.variance_inflation = number_or_unknown(node, "vif", 0);
  term.identified = node.boolean("identified");
  return term;
}

void read_data_fit(Fit& fit, const JsonNode& node) {
  fit.sigma_bytes = number_or_unknown(node, "sigma_bytes", 0);
  fit.sigma_relative = number_or_unknown(node, "sigma_relative", 0);
  fit.r_squared = number_or_unknown(node, "r2");
  fit.condition_number = number_or_unknown(node, "condition_number", 0);
  if (std::isnan(fit.condition_number)) fit.condition_number = std::numeric_limits<double>::infinity();
  const JsonNode constant = node.object("constant_bytes");
  fit.constant_bytes = number_or_unknown(constant, "value");
  fit.constant_error_bytes = number_or_unknown(constant, "std_error", 0);
  for (std::size_t t = 0; t < fitted_term_count; ++t)
    fit.terms[t] = term_of(node.object("terms").object(term_names[t]));
  fit.collinear = texts(node, "collinear");
  fit.warnings = texts(node, "warnings");
}

Fit fit_of(const JsonNode& node) {
  Fit fit;
  fit.rows = static_cast<int>(node.integer("rows", 1, std::numeric_limits<int>::max()));
  fit.models = texts(node, "models");
  if (fit.models.empty()) node.find("models")->fail("must name a model", std::string{remake});
  read_data_fit(fit, node);
  const JsonNode left_out = node.object("leave_one_model_out");
  fit.leave_one_model_out = {number_or_unknown(left_out, "mean_abs", 0),
                             number_or_unknown(left_out, "max_abs", 0),
                             number_or_unknown(left_out, "mean_signed")};
  const JsonNode noise = node.object("noise");
  fit.noise = {noise.number("page_bytes", 0), noise.number("relative", 0)};
  if (const auto machines = node.optional_object("machines"))
    fit.spread = {static_cast<int>(machines->integer("count", 2, std::numeric_limits<int>::max())),
                  machines->number("deviation_bytes", 0)};
  fit.hull = hull_of(node.object("hull"));
  fit.prior = prior_of(node.object("prediction"));
  return fit;
}

Metric metric_of(const JsonNode& node) {
  const std::string name = node.text("metric");
  const auto found = std::find(metric_names.begin(), metric_names.end(), name);
  if (found == metric_names.end()) node.find("metric")->fail("must be one of " + joined(metric_names));
  return static_cast<Metric>(found - metric_names.begin());
}

Placement placement_of(const JsonNode& node) {
  const auto devices = node.optional_integer("devices", 2, 1024);
  if (!devices) return {};
  const std::optional<Split> split = parse_split(node.text("split"));
  if (!split || *split == Split::none) node.find("split")->fail("must be \"tensor\" or \"layers\"");
  return {static_cast<int>(*devices), *split};
}

void read_fits(Profile& profile, const JsonNode& root) {
  for (const JsonNode& node : root.array("fits")) {
    const ProfileFit entry{node.text("runtime"), metric_of(node), node.optional_text("counter").value_or(""),
                           fit_of(node), placement_of(node)};
    if (profile.find(entry.runtime, entry.metric, entry.placement))
      node.fail(fmt::format("a second fit of {}", entry.name()), "keep one");
    profile.fits.push_back(entry);
  }
}

/// The schema comes first: a file of another one may lack everything else.
void check_schema(const JsonNode& root) {
  const std::int64_t schema = root.integer("schema");
  if (schema != profile_schema)
    throw InputError{fmt::format("{}: profile schema {} is not known", root.file(), schema),
                     fmt::format("this program reads {}", profile_schema), std::string{remake}};
}

Profile profile_of(const JsonNode& root) {
  check_schema(root);
  Profile profile;
  const JsonNode device = root.object("device");
  // Rows of another machine name their device and no more.
  profile.device = {device.text("name"), device.text("kind"),
                    device.optional_integer("total_bytes", 1).value_or(0),
                    device.optional_text("driver").value_or("")};
  if (profile.device.kind != "host" && profile.device.kind != "cuda")
    device.find("kind")->fail("must be \"host\" or \"cuda\"");
  profile.created = root.text("created");
  profile.commit = root.text("commit");
  if (const auto versions = root.optional_object("versions"))
    for (const auto& [library, version] : versions->members()) profile.versions[library] = version.as_text();
  read_fits(profile, root);
  profile.file = root.file();
  return profile;
}

}  // namespace

Profile parse_profile(std::string_view text, const std::string& name) {
  return profile_of(parse_json(text, name));
}

Profile read_profile(const std::filesystem::path& file) { return profile_of(load_json(file)); }

}  // namespace calibram
