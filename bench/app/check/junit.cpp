// SPDX-License-Identifier: MIT
// The check as JUnit XML. What the schemas of Ant and of Jenkins' xUnit both allow, and Ant's asks for, is
// written: properties, system-out and system-err in every suite, one failure per case.
#include "bench/app/check/wording.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <algorithm>
#include <sstream>

namespace calibram {
namespace {

/// Text that XML 1.0 can hold: no control characters but line ends and tabs, and UTF-8 throughout.
std::string xml_text(const std::string& text) {
  using json = nlohmann::json;
  const std::string escaped = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  std::string clean = json::parse(escaped).get<std::string>();
  for (char& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') c = '?';
  for (const std::string_view noncharacter : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"})
    for (std::size_t at = 0; (at = clean.find(noncharacter, at)) != std::string::npos;)
      clean.replace(at, noncharacter.size(), "\xEF\xBF\xBD");
  return clean;
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(xml_text(value).c_str());
}

/// When and where the rows were measured: what ran as the test.
struct Provenance {
  std::string timestamp = "1970-01-01T00:00:00";  ///< the schema wants one, without a zone
  std::string machine = "localhost";
};

Provenance provenance_of(const std::vector<Measurement>& rows) {
  Provenance provenance;
  const auto last = std::max_element(
      rows.begin(), rows.end(),
      [](const Measurement& a, const Measurement& b) { return a.measured_at < b.measured_at; });
  // "2026-11-21T22:33:43Z": what is anything else is no time that the schema takes.
  if (last != rows.end() && last->measured_at.str().size() == 20 && last->measured_at.str().back() == 'Z')
    provenance.timestamp = last->measured_at.str().substr(0, 19);
  if (!rows.empty() && !rows.front().machine.empty()) provenance.machine = rows.front().machine;
  return provenance;
}

/// A suite whose counts are set when it is complete.
class Suite {
 public:
  Suite(pugi::xml_node suites, int id, const std::string& name, const Provenance& provenance)
      : suite_{suites.append_child("testsuite")}, name_{name} {
    set(suite_, "name", name);
    set(suite_, "package", "calibram.check");
    set(suite_, "id", std::to_string(id));
    set(suite_, "timestamp", provenance.timestamp);
    set(suite_, "hostname", provenance.machine);
    for (const char* count : {"tests", "failures", "errors"}) suite_.append_attribute(count).set_value(0);
    suite_.append_attribute("time").set_value("0");
    properties_ = suite_.append_child("properties");
  }

  void add_property(const std::string& name, const std::string& value) {
    pugi::xml_node property = properties_.append_child("property");
    set(property, "name", name);
    set(property, "value", value);
  }

  /// @param failure  its first line is the message; empty: the case passes
  void add_case(const std::string& name, const std::string& failure) {
    pugi::xml_node test = suite_.append_child("testcase");
    set(test, "name", name);
    set(test, "classname", "calibram.check." + name_);
    set(test, "time", "0");
    increment("tests");
    if (failure.empty()) return;
    increment("failures");
    pugi::xml_node node = test.append_child("failure");
    set(node, "message", failure.substr(0, failure.find('\n')));
    set(node, "type", "drift");
    node.append_child(pugi::node_pcdata).set_value(xml_text(failure).c_str());
  }

  void finish(const std::string& output) {
    suite_.append_child("system-out").append_child(pugi::node_pcdata).set_value(xml_text(output).c_str());
    suite_.append_child("system-err");
  }

 private:
  void increment(const char* count) {
    suite_.attribute(count).set_value(suite_.attribute(count).as_int() + 1);
  }

  pugi::xml_node suite_, properties_;
  std::string name_;
};

std::string rows_failure(const CheckedGroup& group, const CheckResult& result) {
  const std::vector<OutsideRow> outside = outside_rows(group);
  if (outside.empty()) return "";
  std::string text =
      fmt::format("{} of {} rows are outside both {:.4g} % and their {:.4g} % interval", outside.size(),
                  group.rows.size(), 100 * result.limits.tolerance, 100 * result.limits.row_confidence);
  for (std::size_t i = 0; i < std::min(outside.size(), most_listed_rows); ++i) {
    const CheckedRow& row = *outside[i].row;
    const Measurement& measured = result.rows[row.row];
    text +=
        fmt::format("\n{} {}: {}, expected {} ({}), interval {}", place_of(measured),
                    configuration_text(measured), size_text(row.measured_bytes, group.metric),
                    size_text(row.predicted_bytes, group.metric), error_text(row), interval_text(outside[i]));
  }
  if (outside.size() > most_listed_rows)
    text += fmt::format("\nand {} more", outside.size() - most_listed_rows);
  return text;
}

std::string term_failure(const CheckedGroup& group, const CheckedTerm& term, const CheckResult& result) {
  if (!term.has_moved) return "";
  return fmt::format("{}\nchanged since the {}: {}\n{}", move_sentence(group, term), name_of(group.reference),
                     changes_text(result.references.at(group.reference)), advice(result));
}

void add_group(pugi::xml_node suites, int id, const CheckedGroup& group, const CheckResult& result,
               const Provenance& provenance) {
  const CheckedReference& reference = result.references.at(group.reference);
  Suite suite{suites, id, fmt::format("{} against the {}", group.name(), name_of(group.reference)),
              provenance};
  suite.add_property("reference.file", reference.file);
  for (const auto& [name, version] : result.versions) suite.add_property("version." + name, version);
  for (const VersionChange& change : reference.changes)
    suite.add_property("version." + change.name + ".before", change.before);
  suite.add_case("rows", rows_failure(group, result));
  for (const CheckedTerm& term : group.terms)
    suite.add_case(subject_of(term), term_failure(group, term, result));
  suite.finish(group.caveat);
}

/// One case for all configurations of the baseline that worked.
void add_outcomes(pugi::xml_node suites, int id, const CheckResult& result, const Provenance& provenance) {
  Suite suite{suites, id, "outcomes against the baseline", provenance};
  std::string failure;
  std::size_t broken = 0;
  for (const OutcomeChange& change : result.drift.outcomes.changed)
    if (change.is_failure && ++broken <= most_listed_rows)
      failure += fmt::format("\n{} {}: {}", place_of(result.rows[change.row]),
                             configuration_text(result.rows[change.row]), outcome_text(change, result));
  if (broken > most_listed_rows) failure += fmt::format("\nand {} more", broken - most_listed_rows);
  suite.add_case(
      "outcomes",
      broken == 0 ? "" : fmt::format("configurations that worked and break now: {}{}", broken, failure));
  suite.finish("");
}

}  // namespace

std::string check_junit(const CheckResult& result) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  pugi::xml_node suites = document.append_child("testsuites");
  const Provenance provenance = provenance_of(result.rows);
  int id = 0;
  for (const CheckedGroup& group : result.drift.groups) add_group(suites, id++, group, result, provenance);
  if (result.references.contains(Reference::baseline)) add_outcomes(suites, id, result, provenance);
  std::ostringstream text;
  document.save(text, " ");
  return text.str();
}

}  // namespace calibram
