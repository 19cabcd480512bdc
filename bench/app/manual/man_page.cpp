// SPDX-License-Identifier: MIT
// Writes the help of all verbs as one page.
#include "bench/app/manual/man_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>

namespace calibram {
namespace {

/// The code point that begins here, and its bytes (RFC 3629). Help texts are written here and well-formed.
std::pair<unsigned, std::size_t> code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t bytes = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC0 ? 2 : 1;
  unsigned value = bytes == 1 ? byte(0) : byte(0) & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes && i < text.size(); ++i) value = (value << 6U) | (byte(i) & 0x3FU);
  return {value, bytes};
}

/// Text as roff shows it: no macros, and hyphens that can be copied (groff_man_style(7)).
std::string escaped(std::string_view text) {
  std::string result;
  bool begins_line = true;
  for (std::size_t i = 0; i < text.size();) {
    const auto [value, bytes] = code_point(text.substr(i));
    const char c = text[i];
    if (begins_line && (c == '.' || c == '\'')) result += "\\&";
    if (bytes > 1)
      result += fmt::format("\\[u{:04X}]", value);
    else if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
    begins_line = c == '\n';
    i += bytes;
  }
  return result;
}

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// A sentence: help texts begin and end as the parser shows them.
std::string sentence(const std::string& help) {
  return help.empty() || help.back() == '.' || help.back() == '\n' ? help : help + ".";
}

std::string name_line(const OptionDescription& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back("\\fB" + escaped(name) + "\\fR");
  const std::string value = option.value.empty() ? "" : "\\fI" + escaped(option.value) + "\\fR";
  return names.empty() || value.empty() ? fmt::format("{}{}", fmt::join(names, ", "), value)
                                        : fmt::format("{} {}", fmt::join(names, ", "), value);
}

std::string option_paragraph(const OptionDescription& option) {
  return fmt::format(".TP\n{}\n{}\n", name_line(option), escaped(sentence(option.help)));
}

/// "calibram estimate [OPTIONS] MODEL".
std::string synopsis(const ProgramDescription& program, const VerbDescription& verb) {
  std::string line = fmt::format("{} {} [OPTIONS]", program.name, verb.name);
  for (const OptionDescription& positional : verb.positionals) {
    const std::string name = positional.value + (positional.repeats ? "..." : "");
    line += positional.is_required ? " " + name : " [" + name + "]";
  }
  return escaped(verb.has_command ? line + " -- COMMAND" : line);
}

std::string verb_section(const ProgramDescription& program, const VerbDescription& verb) {
  std::string text = fmt::format(".SS \"{}\"\n{}\n", synopsis(program, verb), escaped(sentence(verb.help)));
  for (const OptionDescription& positional : verb.positionals) text += option_paragraph(positional);
  for (const OptionDescription& flag : verb.flags)
    if (flag.names.back() != "--help") text += option_paragraph(flag);
  if (!verb.footer.empty()) text += fmt::format(".PP\n.nf\n{}\n.fi\n", escaped(verb.footer));
  return text;
}

// What the help of no verb says.
constexpr std::string_view tail = R"roff(.SH "EXIT STATUS"
.TP
0
Done.
.TP
1
Failed.
.TP
2
Wrong usage or bad input.
.TP
3
Done, but it does not fit, or something moved.
.PP
\fBcalibram watch\fR ends as the command does.
.SH ENVIRONMENT
.TP
.B XDG_DATA_HOME
Where profiles and measurements are kept, in the folder \fIcalibram\fR; \fI~/.local/share\fR where it is not set.
.SH EXAMPLES
.TP
.B calibram estimate qwen2.5\-32b \-\-weights gptq\-int4 \-\-context 32768 \-\-capacity 24GiB
Whether a model fits a card.
.TP
.B calibram calibrate
Measures this machine, so that estimates have an interval.
)roff";

}  // namespace

std::string man_page(const ProgramDescription& program, const std::string& version) {
  std::string text = fmt::format(".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n", upper_case(program.name),
                                 program.name, version);
  text += fmt::format(".SH NAME\n{} \\- GPU memory of language models\n", program.name);
  text += fmt::format(".SH SYNOPSIS\n.B {}\n\\fIVERB\\fR [\\fIOPTIONS\\fR]\n", program.name);
  text += fmt::format(".SH DESCRIPTION\n{}\n", escaped(program.help));
  text += ".PP\nEvery verb has \\fB\\-\\-help\\fR.\n.SH OPTIONS\n";
  for (const OptionDescription& flag : program.flags) text += option_paragraph(flag);
  for (const std::string& group : program.groups()) {
    text += fmt::format(".SH \"{}\"\n", upper_case(group));
    for (const VerbDescription& verb : program.verbs)
      if (verb.group == group) text += verb_section(program, verb);
  }
  return text + std::string{tail};
}

}  // namespace calibram
