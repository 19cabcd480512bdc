// SPDX-License-Identifier: MIT
// Reads the parser's verbs and options.
#include "bench/app/manual/command_line.hpp"

#include <algorithm>
#include <cctype>

namespace calibram {
namespace {

constexpr const char* command = "COMMAND";  // of another program

/// What has no group is accepted, or refused by name, but not named.
bool is_shown(const CLI::Option* option) { return !option->get_group().empty(); }

class Reader {
 public:
  explicit Reader(const std::string& folder) : folder_{folder} {}

  OptionDescription option(const CLI::Option& option) const {
    OptionDescription described;
    for (const std::string& name : option.get_snames()) described.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) described.names.push_back("--" + name);
    const std::string key = described.names.empty() ? option.get_name(true) : described.names.back();
    described.help = anonymous(option.get_description());
    described.kind = value_kind_of(key);
    described.is_required = option.get_required();
    described.repeats = option.get_items_expected_max() >= CLI::detail::expected_max_vector_size;
    if (described.names.empty())
      described.value = key;
    else if (option.get_items_expected_max() > 0)
      described.value = value_name(key, described.kind);
    return described;
  }

  VerbDescription verb(const CLI::App& app) const {
    VerbDescription described{
        app.get_name(), app.get_description(), app.get_group(), app.get_footer(), {}, {}};
    for (const CLI::Option* found : app.get_options(is_shown)) {
      OptionDescription option = this->option(*found);
      if (!option.names.empty())
        described.flags.push_back(std::move(option));
      else if (option.value == command)
        described.has_command = true;
      else
        described.positionals.push_back(std::move(option));
    }
    return described;
  }

 private:
  /// "--batch" -> "BATCH"; a file is a FILE.
  static std::string value_name(const std::string& flag, const ValueKind* kind) {
    if (kind && kind->name == "file") return flag == "--out" ? "FOLDER" : "FILE";
    std::string name = flag.substr(flag.find_first_not_of('-'));
    for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
  }

  std::string anonymous(std::string text) const {
    if (const auto found = text.find(folder_); !folder_.empty() && found != std::string::npos)
      text.replace(found, folder_.size(), "$XDG_DATA_HOME/calibram");
    return text;
  }

  const std::string& folder_;
};

}  // namespace

std::vector<std::string> ProgramDescription::groups() const {
  std::vector<std::string> names;
  for (const VerbDescription& verb : verbs)
    if (std::find(names.begin(), names.end(), verb.group) == names.end()) names.push_back(verb.group);
  return names;
}

ProgramDescription describe_program(const CLI::App& program, const std::string& folder) {
  const Reader reader{folder};
  ProgramDescription described{program.get_name(), program.get_description(), {}, {}};
  for (const CLI::Option* option : program.get_options(is_shown))
    described.flags.push_back(reader.option(*option));
  for (const CLI::App* verb :
       program.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); }))
    described.verbs.push_back(reader.verb(*verb));
  return described;
}

}  // namespace calibram
